internal import Foundation
internal import Streams

/// The learning curve of a run as SVG: training and validation loss over the steps.
///
/// Its bytes are a function of the log's lines alone: no times, no fonts of the machine, and
/// numbers of fixed decimals.
public struct LearningCurve: Sendable {
  /// The most points of the training loss that are drawn: above it each is the mean of as many
  /// steps.
  static let pointLimit = 480

  private static let tens = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
  private static let size = (width: 960.0, height: 540.0)
  private static let plot = (left: 70.0, right: 930.0, top: 50.0, bottom: 480.0)

  /// The training loss: step and mean loss of the steps up to it.
  let training: [(step: Double, loss: Double)]
  /// The validation loss where it was measured.
  let validation: [(step: Double, loss: Double)]
  private let steps: Int
  private let losses: ClosedRange<Double>

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
    let all = (training + validation).map(\.loss)
    let low = all.min() ?? 0
    let high = all.max() ?? 1
    // A flat curve stands in the middle; a huge one stays a number.
    let room = max((high - low) * 0.04, max(abs(low), abs(high)) * 1e-6, 1e-6)
    losses = (low - room)...(high + room)
  }

  /// The SVG's bytes.
  public var svg: [UInt8] {
    let (width, height) = LearningCurve.size
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(Int(width))" height="\(Int(height))" \
      viewBox="0 0 \(Int(width)) \(Int(height))" font-family="sans-serif" font-size="13">
      <title>Learning curve</title>
      <rect width="\(Int(width))" height="\(Int(height))" fill="#ffffff"/>

      """
    text += grid
    text += legend
    text += line(training, colour: "#3b6ea5", width: "1.2")
    text += line(validation, colour: "#c2571a", width: "2")
    for point in validation {
      text +=
        "<circle cx=\"\(LearningCurve.tenths(x(point.step)))\" "
        + "cy=\"\(LearningCurve.tenths(y(point.loss)))\" r=\"3\" fill=\"#c2571a\"/>\n"
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
    let (left, right, _, _) = LearningCurve.plot
    return left + (right - left) * step / Double(steps)
  }

  private func y(_ loss: Double) -> Double {
    let (_, _, top, bottom) = LearningCurve.plot
    return bottom
      - (bottom - top) * ((loss - losses.lowerBound) / (losses.upperBound - losses.lowerBound))
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
    let (left, right, top, bottom) = LearningCurve.plot
    var text = ""
    let across = max(1, LearningCurve.spacing(Double(steps), count: 8).rounded())
    for tick in stride(from: 0, through: Double(steps), by: across) {
      let place = LearningCurve.tenths(x(tick))
      let under = "y=\"\(bottom + 20)\" text-anchor=\"middle\" fill=\"#444444\""
      text += """
        <line x1="\(place)" y1="\(top)" x2="\(place)" y2="\(bottom)" stroke="#e4e4e4"/>
        <text x="\(place)" \(under)>\(Int(tick))</text>

        """
    }
    let up = LearningCurve.spacing(losses.upperBound - losses.lowerBound, count: 6)
    let decimals = (0..<9).first { LearningCurve.tens[$0] * up > 0.999 } ?? 9
    for index in Int((losses.lowerBound / up).rounded(.up))...Int(losses.upperBound / up) {
      let place = LearningCurve.tenths(y(Double(index) * up))
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
      fill="#444444">step</text>
      <text x="\(left)" y="\(top - 28)" fill="#444444">loss, nats per scored token</text>

      """
  }

  private var legend: String {
    var entries = [("training", "#3b6ea5", training.last?.loss)]
    if !validation.isEmpty { entries.append(("validation", "#c2571a", validation.last?.loss)) }
    var text = ""
    for (index, (name, colour, last)) in entries.enumerated() {
      let place = LearningCurve.plot.right - 190
      let height = LearningCurve.plot.top + 16 + Double(index) * 20
      let value = last.map { String(format: " %.4f", $0) } ?? ""
      text += """
        <rect x="\(place)" y="\(height - 9)" width="18" height="4" fill="\(colour)"/>
        <text x="\(place + 26)" y="\(height)" fill="#222222">\(name)\(value)</text>

        """
    }
    return text
  }

  private func line(
    _ points: [(step: Double, loss: Double)], colour: String, width: String
  ) -> String {
    guard !points.isEmpty else { return "" }
    let places = points.map {
      "\(LearningCurve.tenths(x($0.step))),\(LearningCurve.tenths(y($0.loss)))"
    }
    return "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"\(width)\" "
      + "stroke-linejoin=\"round\" points=\"\(places.joined(separator: " "))\"/>\n"
  }

  /// A number with one decimal: the same bytes wherever it is computed.
  private static func tenths(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }
}
