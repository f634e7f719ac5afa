internal import Foundation
internal import Streams

/// Curves over the steps of a run as SVG.
///
/// Its bytes are a function of what is drawn alone: no times, no fonts of the machine, and numbers
/// of fixed decimals.
public struct LineChart: Sendable {
  /// One curve.
  public struct Series: Sendable {
    /// What the legend calls it.
    public var name: String
    /// Its colour, such as `#3b6ea5`.
    public var colour: String
    /// Its points: steps, which do not fall, and finite values.
    public var points: [(step: Double, value: Double)]
    /// Whether each point is marked: for few points.
    public var isMarked: Bool
    /// What the curve may lie between at each step, drawn as a shade; nothing where it is empty.
    public var spread: [(step: Double, low: Double, high: Double)]

    /// A curve.
    public init(
      name: String, colour: String, points: [(step: Double, value: Double)], isMarked: Bool,
      spread: [(step: Double, low: Double, high: Double)] = []
    ) {
      (self.name, self.colour, self.points) = (name, colour, points)
      self.isMarked = isMarked
      self.spread = spread
    }
  }

  /// A value that a curve is held against: a dashed line across.
  public struct Limit: Sendable {
    /// Its colour, that of its curve.
    public var colour: String
    /// Where it lies.
    public var value: Double

    /// A limit.
    public init(colour: String, value: Double) {
      (self.colour, self.value) = (colour, value)
    }
  }

  /// Colours that can be told apart, for curves in order.
  public static let colours = [
    "#3b6ea5", "#c2571a", "#3a7d44", "#8e4a9e", "#a6892a", "#4d4d4d", "#b0305c", "#2f8f8f",
  ]

  private static let tens = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
  private static let size = (width: 960.0, height: 540.0)
  private static let plot = (left: 70.0, right: 930.0, top: 50.0, bottom: 480.0)

  private let title: String
  private let axis: String
  private let series: [Series]
  private let limits: [Limit]
  private let steps: Int
  private let across: String
  private let values: ClosedRange<Double>

  /// A chart.
  ///
  /// - Parameters:
  ///   - title: what it shows.
  ///   - axis: what its values are, with their unit.
  ///   - steps: the last step.
  ///   - across: what is counted from left to right.
  public init(
    title: String, axis: String, steps: Int, series: [Series], limits: [Limit] = [],
    across: String = "step"
  ) {
    self.across = across
    self.title = title
    self.axis = axis
    self.steps = max(1, steps)
    self.series = series
    self.limits = limits
    let all =
      series.flatMap { $0.points.map(\.value) + $0.spread.flatMap { [$0.low, $0.high] } }
      + limits.map(\.value)
    precondition(all.allSatisfy(\.isFinite), "a place for each point")
    let low = all.min() ?? 0
    let high = all.max() ?? 1
    // A flat curve stands in the middle; a huge one stays a number.
    let room = max((high - low) * 0.04, max(abs(low), abs(high)) * 1e-6, 1e-6)
    values = (low - room)...(high + room)
  }

  /// The SVG's bytes.
  public var svg: [UInt8] {
    let (width, height) = LineChart.size
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(width))" height="\(Int(height))" \
      viewBox="0 0 \(Int(width)) \(Int(height))" font-family="sans-serif" font-size="13">
      <title>\(LineChart.escaped(title))</title>
      <rect width="\(Int(width))" height="\(Int(height))" fill="#ffffff"/>

      """
    text += grid
    text += legend
    for limit in limits {
      let place = LineChart.tenths(y(limit.value))
      text +=
        "<line x1=\"\(LineChart.plot.left)\" y1=\"\(place)\" x2=\"\(LineChart.plot.right)\" "
        + "y2=\"\(place)\" stroke=\"\(limit.colour)\" stroke-dasharray=\"6 4\"/>\n"
    }
    for curve in series { text += shade(curve) }
    for curve in series { text += line(curve) }
    for curve in series where curve.isMarked {
      for point in curve.points {
        text +=
          "<circle cx=\"\(LineChart.tenths(x(point.step)))\" "
          + "cy=\"\(LineChart.tenths(y(point.value)))\" r=\"3\" fill=\"\(curve.colour)\"/>\n"
      }
    }
    text += "</svg>\n"
    return Array(text.utf8)
  }

  /// Writes it; the file appears when it is whole.
  ///
  /// - Throws: `StreamsError` where it cannot be written.
  public func write(to path: String) throws {
    let output = try OutputFile(temporaryPath: path + ".partial")
    try output.write(svg)
    try output.publish(as: path)
  }

  // MARK: - Places

  private func x(_ step: Double) -> Double {
    let (left, right, _, _) = LineChart.plot
    return left + (right - left) * step / Double(steps)
  }

  private func y(_ value: Double) -> Double {
    let (_, _, top, bottom) = LineChart.plot
    return bottom
      - (bottom - top) * ((value - values.lowerBound) / (values.upperBound - values.lowerBound))
  }

  /// Steps between ticks: 1, 2 or 5 times a power of ten, about `count` of them in the span.
  static func spacing(_ span: Double, count: Double) -> Double {
    let rough = span / count
    // No logarithm: its last bit differs between C libraries.
    var power = 1.0
    while power * 10 <= rough { power *= 10 }
    while power > rough { power /= 10 }
    let digit = rough / power
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10)
  }

  private var grid: String {
    let (left, right, top, bottom) = LineChart.plot
    var text = ""
    let across = max(1, LineChart.spacing(Double(steps), count: 8).rounded())
    for tick in stride(from: 0, through: Double(steps), by: across) {
      let place = LineChart.tenths(x(tick))
      let under = "y=\"\(bottom + 20)\" text-anchor=\"middle\" fill=\"#444444\""
      text += """
        <line x1="\(place)" y1="\(top)" x2="\(place)" y2="\(bottom)" stroke="#e4e4e4"/>
        <text x="\(place)" \(under)>\(Int(tick))</text>

        """
    }
    let up = LineChart.spacing(values.upperBound - values.lowerBound, count: 6)
    let decimals = (0..<9).first { LineChart.tens[$0] * up > 0.999 } ?? 9
    for index in Int(
      (values.lowerBound / up).rounded(.up))...Int((values.upperBound / up).rounded(.down))
    {
      let place = LineChart.tenths(y(Double(index) * up))
      let label = String(format: "%.\(decimals)f", Double(index) * up)
      text += """
        <line x1="\(left)" y1="\(place)" x2="\(right)" y2="\(place)" stroke="#e4e4e4"/>
        <text x="\(left - 8)" y="\(place)" text-anchor="end" dominant-baseline="middle" \
        fill="#444444">\(label)</text>

        """
    }
    return text
      + """
      <path d="M\(left) \(top)V\(bottom)H\(right)" fill="none" stroke="#444444"/>
      <text x="\((left + right) / 2)" y="\(bottom + 44)" text-anchor="middle" \
      fill="#444444">\(LineChart.escaped(self.across))</text>
      <text x="\(left)" y="\(top - 28)" fill="#444444">\(LineChart.escaped(axis))</text>

      """
  }

  private var legend: String {
    var text = ""
    for (index, curve) in series.enumerated() {
      let place = LineChart.plot.right - 190
      let height = LineChart.plot.top + 16 + Double(index) * 20
      let value = curve.points.last.map { String(format: " %.4f", $0.value) } ?? ""
      let name = LineChart.escaped(curve.name)
      text += """
        <rect x="\(place)" y="\(height - 9)" width="18" height="4" fill="\(curve.colour)"/>
        <text x="\(place + 26)" y="\(height)" fill="#222222">\(name)\(value)</text>

        """
    }
    return text
  }

  private func shade(_ curve: Series) -> String {
    guard !curve.spread.isEmpty else { return "" }
    let edge =
      curve.spread.map { (x($0.step), y($0.high)) }
      + curve.spread.reversed().map { (x($0.step), y($0.low)) }
    let places = edge.map { "\(LineChart.tenths($0)),\(LineChart.tenths($1))" }
    return "<polygon fill=\"\(curve.colour)\" fill-opacity=\"0.14\" "
      + "points=\"\(places.joined(separator: " "))\"/>\n"
  }

  private func line(_ curve: Series) -> String {
    guard !curve.points.isEmpty else { return "" }
    let places = curve.points.map {
      "\(LineChart.tenths(x($0.step))),\(LineChart.tenths(y($0.value)))"
    }
    return "<polyline fill=\"none\" stroke=\"\(curve.colour)\" "
      + "stroke-width=\"\(curve.isMarked ? "2" : "1.2")\" "
      + "stroke-linejoin=\"round\" points=\"\(places.joined(separator: " "))\"/>\n"
  }

  /// Text as XML has it.
  package static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;")
      .replacingOccurrences(of: "<", with: "&lt;").replacingOccurrences(of: ">", with: "&gt;")
  }

  /// A number with one decimal: the same bytes wherever it is computed.
  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }
}
