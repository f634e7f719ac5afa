public import Streams

/// A checkpoint of a run that cannot be written or relied on.
public struct CheckpointStoreError: CordonError, Equatable {
  /// What went wrong.
  public enum Code: String, Sendable {
    /// No room for it: the disk, a quota, a limit on the size of files.
    case full
    /// A file of it is missing, was changed, or is one too many.
    case damaged
    /// It belongs to another run.
    case otherRun
    /// A checkpoint of this step is there already.
    case alreadyThere
    /// There is none.
    case missing
    /// Weights that a boundary kept, for which no other checkpoint stands in, are missing or
    /// damaged.
    case kept
  }

  /// What went wrong.
  public let code: Code
  /// The checkpoint's folder.
  public let path: String
  /// The last checkpoint before it that is whole; nil where there is none.
  public let lastGood: String?
  private let detail: String

  package init(_ code: Code, path: String, lastGood: String? = nil, detail: String = "") {
    self.code = code
    self.path = path
    self.lastGood = lastGood
    self.detail = detail
  }

  /// The same of weights that a boundary kept.
  package var ofKept: CheckpointStoreError {
    CheckpointStoreError(.kept, path: path, detail: code == .missing ? "it is missing" : detail)
  }

  /// What follows from it.
  public var consequence: Consequence {
    switch code {
    case .full: .resource
    case .damaged, .kept: .findings
    case .otherRun, .alreadyThere: .usage
    case .missing: .input
    }
  }

  /// One sentence: the checkpoint, what is wrong, the last good one, what to do.
  public var description: String {
    let good = lastGood.map { "the last good checkpoint is \($0)" } ?? "there is no checkpoint yet"
    switch code {
    case .full:
      return "\(path): no room for the checkpoint (\(detail)); \(good). Free some and run the same "
        + "command again: it resumes"
    case .damaged:
      return "\(path): this checkpoint is damaged: \(detail). Restore it, or remove its folder to "
        + "go on from the one before it"
    case .otherRun:
      return "\(path): \(detail). Choose another output, or begin anew with --fresh"
    case .alreadyThere:
      return "\(path): there is a checkpoint of this step already; move it away"
    case .kept:
      return "\(path): this checkpoint, which a boundary kept, is not whole: \(detail). No other "
        + "stands in for it: restore it, or begin anew with --fresh"
    case .missing: return "\(path): there is no checkpoint here; check the path"
    }
  }
}
