public import Streams

/// Why documents cannot be taken down. Nothing of the corpus was replaced, unless it says so.
public struct TakedownError: CordonError, Equatable {
  /// What went wrong.
  public enum Code: Sendable, Equatable {
    /// The folder holds no finished run.
    case noSnapshot
    /// The list of ids cannot be understood.
    case badList
    /// A part of the corpus is not the one that the ledger knows.
    case changedPart
    /// The counts do not add up: a defect of ours.
    case imbalance
  }

  /// What went wrong.
  public let code: Code
  /// The file or folder concerned.
  public let place: String
  /// What is wrong and what to do next.
  public let advice: String

  init(_ code: Code, _ place: String, _ advice: String) {
    self.code = code
    self.place = place
    self.advice = advice
  }

  /// What follows from it.
  public var consequence: Consequence {
    switch code {
    case .noSnapshot, .badList: .usage
    case .changedPart: .findings
    case .imbalance: .defect
    }
  }

  /// The place and the advice.
  public var description: String { "\(place): \(advice)" }
}
