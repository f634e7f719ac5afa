public import Training

/// The plots of a run inside a boundary: what was measured, the dual variables, and how far each
/// constraint stands from its limit.
public struct BoundaryPlots: Sendable {
  private let constraints: [Constraint]
  private let rows: [DualRow]
  private let steps: Int

  /// The plots of a trace.
  public init(_ constraints: [Constraint], trace: [DualRow]) {
    self.constraints = constraints
    rows = trace
    steps = trace.map(\.step).max() ?? 1
  }

  /// Every plot with the name of its file.
  public var all: [(name: String, chart: LineChart)] {
    [("measures.svg", measures), ("duals.svg", duals), ("constraints.svg", distances)]
  }

  /// What the limits are on, in percent: a hazard's accuracy, what a capability lost, each with its
  /// limit as a dashed line.
  public var measures: LineChart {
    chart("Forget and retain measures", "accuracy left, accuracy lost or rise of the loss, %") {
      100 * $0.value
    } limit: {
      100 * $0.limit
    }
  }

  /// The dual variables: shares of all.
  public var duals: LineChart {
    chart("Dual variables", "share of all dual variables") { $0.dual }
  }

  /// How many standard errors each constraint stands beyond its limit: below the line it holds.
  public var distances: LineChart {
    chart("Constraints", "standard errors beyond the limit, at most 20 drawn") {
      min(max(($0.value - $0.limit) / $0.error, -20), 20)
    } limit: { _ in
      0
    }
  }

  /// Writes all plots into a folder; each file appears when it is whole.
  ///
  /// - Throws: `StreamsError` where one cannot be written.
  public func write(to folder: String) throws {
    for (name, chart) in all { try chart.write(to: "\(folder)/\(name)") }
  }

  private func chart(
    _ title: String, _ axis: String, _ value: (DualRow) -> Double,
    limit: ((DualRow) -> Double)? = nil
  ) -> LineChart {
    var series: [LineChart.Series] = []
    var limits: [LineChart.Limit] = []
    for (index, constraint) in constraints.enumerated() {
      let own = rows.filter { $0.constraint == constraint.name }
      let colour = LineChart.colours[index % LineChart.colours.count]
      series.append(
        LineChart.Series(
          name: constraint.name, colour: colour,
          points: own.map { (Double($0.step), value($0)) }, isMarked: true))
      if let limit, let last = own.last {
        limits.append(LineChart.Limit(colour: colour, value: limit(last)))
      }
    }
    return LineChart(title: title, axis: axis, steps: steps, series: series, limits: limits)
  }
}
