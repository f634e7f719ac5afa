/// Why a document is not to be kept, and what shows it.
public struct DuplicateVerdict: BitwiseCopyable, Sendable, Equatable {
  /// Why a document is not to be kept.
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    /// Its text is that of an earlier document.
    case exactCopy
    /// It belongs to a cluster of near duplicates that another document stands for.
    case nearDuplicate
    /// It is near a hazardous document.
    case contagion
  }

  /// A similarity that was verified shingle by shingle.
  public struct Evidence: BitwiseCopyable, Sendable, Equatable {
    /// The first document of the cluster, which names it.
    public var cluster: UInt64
    /// The document that it is similar to.
    public var neighbour: UInt64
    /// Shingles that both have.
    public var shared: UInt32
    /// Shingles that at least one of them has.
    public var united: UInt32
  }

  /// The document.
  public var ordinal: UInt64
  /// Why it is not to be kept.
  public var kind: Kind
  /// The document that is kept in its place; nil for contagion.
  public var survivor: UInt64?
  /// What shows it; nil for an equal text without shingles, or where none were made.
  public var evidence: Evidence?
}

extension DuplicateVerdict: SortRecord {
  var high: UInt64 { ordinal }
  var low: UInt64 { 0 }
}
