public import Streams

/// Which other document is the evidence that a document is a near duplicate, or has caught a
/// hazard, and how alike the two are.
///
/// A duplicate with such a row is a near duplicate, or an exact copy of one. A dropped or
/// quarantined document with one is near a hazardous document: contagion. Indices of shards at or
/// above the number of the run's own shards reach into ``RunDescription/against``.
public struct SimilarityRow: Equatable, Sendable {
  /// The document's row.
  public var row: UInt64
  /// The shard of the first document of its cluster.
  public var clusterShard: Int
  /// The row of the first document of its cluster; it may be this one.
  public var clusterRow: UInt64
  /// The shard of the document that it was compared with.
  public var neighbourShard: Int
  /// The row of the document that it was compared with.
  public var neighbourRow: UInt64
  /// The shingles that both have; at least 1.
  public var shared: UInt32
  /// The shingles that one of them has or both.
  public var united: UInt32

  /// The evidence about the document in this row.
  public init(
    row: UInt64, clusterShard: Int, clusterRow: UInt64, neighbourShard: Int,
    neighbourRow: UInt64, shared: UInt32, united: UInt32
  ) {
    self.row = row
    self.clusterShard = clusterShard
    self.clusterRow = clusterRow
    self.neighbourShard = neighbourShard
    self.neighbourRow = neighbourRow
    self.shared = shared
    self.united = united
  }

  /// The Jaccard similarity of the two sets of shingles, exactly as it was compared with the
  /// plan's threshold.
  public var jaccard: Double { Double(shared) / Double(united) }
}

/// A shard of an earlier snapshot that a run was compared with.
public struct AgainstShard: Equatable, Sendable {
  /// The run that made the snapshot.
  public var snapshotRun: String
  /// That run's root.
  public var snapshotRoot: Digest256
  /// The part's path below the snapshot's corpus folder.
  public var path: String
  /// The SHA-256 of the part.
  public var sha256: Digest256
  /// Its documents. A row of such a shard counts the part's documents from 0.
  public var documents: Int64

  /// A part of an earlier snapshot.
  public init(
    snapshotRun: String, snapshotRoot: Digest256, path: String, sha256: Digest256,
    documents: Int64
  ) {
    self.snapshotRun = snapshotRun
    self.snapshotRoot = snapshotRoot
    self.path = path
    self.sha256 = sha256
    self.documents = documents
  }
}

/// A number that a run counted beside its documents: candidates, edges, skipped pairs.
public struct Measure: Equatable, Sendable {
  /// What was counted, in one word of letters: `candidates`.
  public var name: String
  /// How many.
  public var value: Int64

  /// A number with this name.
  public init(_ name: String, _ value: Int64) {
    self.name = name
    self.value = value
  }
}
