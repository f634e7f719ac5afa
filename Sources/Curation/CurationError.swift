public import Streams

/// Why a curation run cannot go on.
public struct CurationError: CordonError, Equatable {
  /// What went wrong.
  public enum Code: Sendable, Equatable {
    /// The output folder holds something that no run of ours wrote.
    case foreignOutput
    /// The output folder holds a run with another plan, pack, binary or input.
    case otherRun
    /// A shard is not what it was when it was judged.
    case inputChanged
    /// A file that a finished run wrote is missing or has another size.
    case outputChanged
    /// Stages were called out of order.
    case stageMissing
    /// The intermediate rows of a shard cannot be read.
    case damagedWork
    /// What the input is to be compared with is no finished snapshot, or was changed.
    case notASnapshot
    /// The counts of a shard do not add up: a defect of ours.
    case imbalance
  }

  /// What went wrong.
  public let code: Code
  /// The file, shard or folder concerned.
  public let place: String
  /// What is wrong and what to do next.
  public let advice: String

  init(_ code: Code, _ place: String, _ advice: String) {
    self.code = code
    self.place = place
    self.advice = advice
  }

  /// An intermediate file is not what the run wrote.
  static func damaged(_ path: String) -> CurationError {
    CurationError(.damagedWork, path, "is damaged; start anew with --fresh")
  }

  /// What follows from it.
  public var consequence: Consequence {
    code == .imbalance ? .defect : .usage
  }

  /// The place and the advice.
  public var description: String { "\(place): \(advice)" }
}
