/// The learning curve of a run as SVG: training and validation loss over the steps.
///
/// Its bytes are a function of the log's lines alone; see ``LineChart``.
public struct LearningCurve: Sendable {
  /// The most points of the training loss that are drawn: above it each is the mean of as many
  /// steps.
  static let pointLimit = 480

  /// The training loss: step and mean loss of the steps up to it.
  let training: [(step: Double, loss: Double)]
  /// The validation loss where it was measured.
  let validation: [(step: Double, loss: Double)]
  private let steps: Int

  /// The curve of a log.
  public init(_ lines: [TrainingLog.Line]) {
    steps = max(1, lines.last?.step ?? 1)
    let width = max(1, (lines.count + LearningCurve.pointLimit - 1) / LearningCurve.pointLimit)
    training = stride(from: 0, to: lines.count, by: width).map { first in
      let group = lines[first..<min(first + width, lines.count)]
      let sum = group.reduce(0) { $0 + $1.loss / Double(group.count) }
      return (Double(group[group.endIndex - 1].step), sum)
    }
    validation = lines.compactMap { line in line.validation.map { (Double(line.step), $0) } }
  }

  private var chart: LineChart {
    func series(
      _ name: String, _ colour: String, _ points: [(step: Double, loss: Double)], isMarked: Bool
    ) -> LineChart.Series {
      LineChart.Series(
        name: name, colour: colour, points: points.map { ($0.step, $0.loss) }, isMarked: isMarked)
    }
    var curves = [series("training", "#3b6ea5", training, isMarked: false)]
    if !validation.isEmpty {
      curves.append(series("validation", "#c2571a", validation, isMarked: true))
    }
    return LineChart(
      title: "Learning curve", axis: "loss, nats per scored token", steps: steps, series: curves)
  }

  /// The SVG's bytes.
  public var svg: [UInt8] { chart.svg }

  /// Writes it; the file appears when it is whole.
  ///
  /// - Throws: `StreamsError` where it cannot be written.
  public func write(to path: String) throws { try chart.write(to: path) }
}
