public import Streams

/// Data that a model cannot be trained on. It names files, rows and counts, never a text.
public struct TrainingDataError: CordonError, Equatable {
  /// What went wrong.
  public enum Code: Sendable, Equatable {
    /// A record cannot be read, or lacks what the plan says that it has.
    case record
    /// A file or folder that the plan names is not there.
    case missing
    /// The ledger is not the one that has what is trained on.
    case ledger
    /// A file is not what a ledger or this run wrote.
    case altered
    /// The corpus folder is not the output of a finished curation.
    case unfinished
    /// The output folder holds the data of another run.
    case changed
    /// Nothing is left to train on, or to validate on.
    case empty
    /// The tokenizer cannot do what the plan asks for.
    case tokenizer
    /// The numbers of what was read do not add up.
    case imbalance
  }

  /// What went wrong.
  public let code: Code
  /// The file or folder that is concerned.
  public let path: String
  /// What is wrong with it, and what to do next.
  public let detail: String

  /// An error about a file or folder.
  public init(_ code: Code, _ path: String, _ detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }

  /// What follows from it.
  public var consequence: Consequence {
    switch code {
    case .record, .missing: .input
    case .altered: .findings
    case .ledger, .unfinished, .changed, .empty, .tokenizer: .usage
    case .imbalance: .defect
    }
  }

  /// The file, what is wrong with it, and what to do next.
  public var description: String { "\(path): \(detail)" }
}
