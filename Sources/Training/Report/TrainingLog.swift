internal import Foundation
public import Streams

/// `log.jsonl`: a line for each step of a run, without times, so that a run that was stopped and
/// resumed has the same bytes as one that was not.
public final class TrainingLog {
  /// What is said of a step.
  public struct Line: Sendable, Equatable {
    /// The step, from 1.
    public var step: Int
    /// The mean loss before the step's update, in nats per scored token.
    public var loss: Double
    /// The gradient's Euclidean norm before clipping.
    public var gradientNorm: Double
    /// The learning rate.
    public var rate: Double
    /// The tokens that were scored.
    public var tokens: Int
    /// The validation loss after the step, in nats per scored token; nil where it was not measured.
    public var validation: Double?

    /// A line.
    ///
    /// - Precondition: all numbers are finite: a run that loses them stops before it logs them.
    public init(
      step: Int, loss: Double, gradientNorm: Double, rate: Double, tokens: Int,
      validation: Double? = nil
    ) {
      precondition(step > 0 && tokens >= 0, "a step that was done")
      precondition(
        loss.isFinite && gradientNorm.isFinite && rate.isFinite && validation?.isFinite ?? true,
        "finite numbers")
      self.step = step
      self.loss = loss
      self.gradientNorm = gradientNorm
      self.rate = rate
      self.tokens = tokens
      self.validation = validation
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
        if let validation { json.member("validation", validation) }
      }
      return json.bytes + [UInt8(ascii: "\n")]
    }
  }

  /// How far a log goes, and what it says up to there.
  public typealias Extent = LineLog.Extent

  /// The file.
  public let path: String
  /// The lines so far, one for each step.
  public private(set) var lines: [Line]
  private let log: LineLog

  /// Opens the log of a run to write, cut back to where a checkpoint was written.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - step: the steps that stay: 0 for a run that begins.
  ///   - extent: what those steps must be; ``Extent/none`` for a run that begins.
  /// - Throws: ``TrainingLogError`` where the file does not hold them, `StreamsError` where it
  ///   cannot be read or written.
  public init(path: String, keeping step: Int = 0, _ extent: Extent = .none) throws {
    self.path = path
    log = try LineLog(path: path, keeping: extent)
    lines = try TrainingLog.parse(log.kept, path)
    guard lines.count == step else { throw TrainingLogError(path, "it ends at another step") }
  }

  /// The lines of a log, from step 1 on without a gap.
  ///
  /// - Throws: ``TrainingLogError`` naming the first line that is none, `StreamsError` where the
  ///   file cannot be read.
  public static func lines(of path: String) throws -> [Line] {
    try parse(try LineLog.content(of: path), path)
  }

  /// Appends the line of the next step and hands it to the operating system.
  ///
  /// - Precondition: it is the next step.
  /// - Throws: `StreamsError` where it cannot be written.
  public func append(_ line: Line) throws {
    precondition(line.step == lines.count + 1, "step after step")
    lines.append(line)
    try log.append(line.bytes)
  }

  /// Makes all lines so far durable: a checkpoint rests on them.
  ///
  /// - Throws: `StreamsError` where they cannot be written.
  public func seal() throws -> Extent { try log.seal() }

  // MARK: - Reading

  private struct Stored: Decodable {
    var step: Int
    var loss: Double
    var gradientNorm: Double
    var rate: Double
    var tokens: Int
    var validation: Double?
  }

  private static func parse(_ content: [UInt8], _ path: String) throws -> [Line] {
    var lines: [Line] = []
    let decoder = JSONDecoder()
    for text in content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    {
      guard let stored = try? decoder.decode(Stored.self, from: Data(text)),
        stored.step == lines.count + 1, stored.tokens >= 0,
        [stored.loss, stored.gradientNorm, stored.rate, stored.validation ?? 0]
          .allSatisfy(\.isFinite)
      else { throw TrainingLogError(path, "line \(lines.count + 1) is not of that step") }
      lines.append(
        Line(
          step: stored.step, loss: stored.loss, gradientNorm: stored.gradientNorm,
          rate: stored.rate, tokens: stored.tokens, validation: stored.validation))
    }
    guard content.isEmpty || content.last == UInt8(ascii: "\n") else {
      throw TrainingLogError(path, "it ends within a line")
    }
    return lines
  }
}

/// A log that is not what the run wrote.
public struct TrainingLogError: CordonError, Equatable {
  /// The file.
  public let path: String
  private let detail: String

  package init(_ path: String, _ detail: String) {
    self.path = path
    self.detail = detail
  }

  /// What follows from it: something else changed it.
  public var consequence: Consequence { .findings }

  /// One sentence: the file, what is wrong, what to do.
  public var description: String {
    "\(path): this log was changed by something else than the run: \(detail). Restore it, or begin "
      + "anew with --fresh"
  }
}
