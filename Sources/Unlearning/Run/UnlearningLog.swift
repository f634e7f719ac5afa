internal import Foundation
internal import Streams
public import Training

/// `log.jsonl` of an unlearning run: a line for each step, without times.
public final class UnlearningLog {
  /// What is said of a step.
  public struct Line: Sendable, Equatable {
    /// The step, from 1.
    public var step: Int
    /// The weighted sum of the terms' losses before the step's update.
    public var loss: Double
    /// The gradient's Euclidean norm before clipping.
    public var gradientNorm: Double
    /// The learning rate.
    public var rate: Double
    /// The tokens that were scored.
    public var tokens: Int
    /// The terms that took part.
    public var terms: [TermReport]

    /// A line of a step.
    public init(_ report: StepReport, _ terms: [TermReport]) {
      step = report.step
      loss = report.loss
      gradientNorm = report.gradientNorm
      rate = report.rate
      tokens = report.scored
      self.terms = terms
    }

    /// The line's bytes, with its line feed.
    var bytes: [UInt8] {
      var json = JSONText()
      json.object { json in
        json.member("step", step)
        json.member("loss", loss)
        json.member("gradientNorm", gradientNorm)
        json.member("rate", rate)
        json.member("tokens", tokens)
        json.array("terms") { json in
          for term in terms {
            json.object { json in
              json.member("name", term.name)
              json.member("weight", term.weight)
              json.member("loss", term.loss)
            }
          }
        }
      }
      return json.bytes + [UInt8(ascii: "\n")]
    }
  }

  /// The file.
  public var path: String { log.path }
  /// The lines so far, one for each step.
  public private(set) var lines: [Line]
  private let log: LineLog

  /// Opens the log of a run to write, cut back to where a checkpoint was written.
  ///
  /// - Parameters:
  ///   - step: the steps that stay.
  ///   - extent: what those steps must be.
  /// - Throws: `TrainingLogError` where the file does not hold them, `StreamsError`.
  public init(path: String, keeping step: Int = 0, _ extent: LineLog.Extent = .none) throws {
    log = try LineLog(path: path, keeping: extent)
    lines = try UnlearningLog.parse(log.kept, path)
    guard lines.count == step else { throw TrainingLogError(path, "it ends at another step") }
  }

  /// The lines of a log.
  ///
  /// - Throws: `TrainingLogError` naming the first line that is none, `StreamsError`.
  public static func lines(of path: String) throws -> [Line] {
    try parse(try FileSource.contents(of: path, limit: 1 << 32), path)
  }

  /// Appends the line of the next step.
  ///
  /// - Throws: `StreamsError` where it cannot be written.
  public func append(_ line: Line) throws {
    precondition(line.step == lines.count + 1, "step after step")
    lines.append(line)
    try log.append(line.bytes)
  }

  /// Makes all lines so far durable.
  ///
  /// - Throws: `StreamsError` where they cannot be written.
  public func seal() throws -> LineLog.Extent { try log.seal() }

  private struct Stored: Decodable {
    struct Term: Decodable {
      var name: String
      var weight: Double
      var loss: Double
    }
    var step: Int
    var loss: Double
    var gradientNorm: Double
    var rate: Double
    var tokens: Int
    var terms: [Term]

    var line: Line {
      Line(
        StepReport(
          step: step, loss: loss, gradientNorm: gradientNorm, rate: rate, scored: tokens, rows: 0),
        terms.map { TermReport(name: $0.name, weight: $0.weight, loss: $0.loss) })
    }
  }

  private static func parse(_ content: [UInt8], _ path: String) throws -> [Line] {
    let decoder = JSONDecoder()
    var lines: [Line] = []
    for text in content.split(separator: UInt8(ascii: "\n")) {
      guard let stored = try? decoder.decode(Stored.self, from: Data(text)),
        stored.step == lines.count + 1
      else { throw TrainingLogError(path, "line \(lines.count + 1) is not of that step") }
      lines.append(stored.line)
    }
    return lines
  }
}
