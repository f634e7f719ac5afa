/// What condemned a document: its edge to another, and the cluster that they are in. That of a
/// survivor names itself as the survivor.
public struct NearVerdict: Sendable, Equatable {
  /// The document that is condemned.
  public var ordinal: UInt64
  /// Whether it is too near a hazardous document; else it is a near duplicate of its survivor.
  public var isContagion: Bool
  /// The smallest document of its cluster.
  public var cluster: UInt64
  /// What survives of the cluster in its place; ``none`` for contagion.
  public var survivor: UInt64
  /// The document at the other end of the edge that is the evidence.
  public var neighbour: UInt64
  /// Shingles that both have.
  public var shared: UInt32
  /// Shingles that either has.
  public var united: UInt32

  /// No document.
  public static let none = UInt64.max

  /// A verdict.
  public init(
    ordinal: UInt64, isContagion: Bool, cluster: UInt64, survivor: UInt64, neighbour: UInt64,
    shared: UInt32, united: UInt32
  ) {
    self.ordinal = ordinal
    self.isContagion = isContagion
    self.cluster = cluster
    self.survivor = survivor
    self.neighbour = neighbour
    self.shared = shared
    self.united = united
  }
}

extension NearVerdict {
  /// What follows for the document; nil for a survivor.
  var condemned: DuplicateVerdict? {
    guard isContagion || survivor != ordinal else { return nil }
    return DuplicateVerdict(
      ordinal: ordinal, kind: isContagion ? .contagion : .nearDuplicate,
      survivor: isContagion ? nil : survivor,
      evidence: DuplicateVerdict.Evidence(
        cluster: cluster, neighbour: neighbour, shared: shared, united: united))
  }
}

/// What a search counted.
public struct NearDuplicateCounts: Sendable, Codable, Equatable {
  /// Different pairs that were compared.
  public var candidates: Int64
  /// Those of them that are similar enough.
  public var edges: Int64
  /// Clusters of two documents or more.
  public var clusters: Int64
  /// Buckets, over all bands, of more than 64 documents.
  public var largeBuckets: Int64
  /// Pairs within large buckets, summed over these, that were not compared for it.
  public var skippedPairs: Int64
  /// Documents that stay although they are near a hazardous one: those of earlier snapshots.
  public var settledNearHazards: Int64 = 0

  /// Counts.
  public init(
    candidates: Int64 = 0, edges: Int64 = 0, clusters: Int64 = 0, largeBuckets: Int64 = 0,
    skippedPairs: Int64 = 0
  ) {
    self.candidates = candidates
    self.edges = edges
    self.clusters = clusters
    self.largeBuckets = largeBuckets
    self.skippedPairs = skippedPairs
  }
}
