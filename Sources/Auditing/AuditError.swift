public import Streams

/// Why a question about a run has no trustworthy answer.
public struct AuditError: CordonError, Equatable {
  /// The kinds of failure.
  public enum Code: String, Sendable {
    /// The run is not complete: a document may be in a shard that is still to come.
    case unfinishedRun
    /// A decision file is not the one that the ledger knows.
    case changedDecisions
    /// An id file does not fit the decision file beside it.
    case changedIDs
    /// The ledger's rows do not fit the decision file.
    case changedLedger
    /// A part of the corpus is not the one that the ledger knows.
    case changedPart
    /// A text that is asked about has no word, or is no text.
    case noWords
    /// The ledger knows no training run that wrote a checkpoint.
    case unknownCheckpoint
    /// The ledger holds no evaluation of a name, or several.
    case unknownEvaluation
    /// A file is not there.
    case missing
    /// A file cannot be read.
    case unreadable
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do next.
  public let description: String

  /// What follows from it.
  public var consequence: Consequence {
    switch code {
    case .unfinishedRun, .noWords: .usage
    case .changedDecisions, .changedIDs, .changedLedger, .changedPart,
      .unknownCheckpoint, .unknownEvaluation, .missing:
      .findings
    case .unreadable: .input
    }
  }

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
