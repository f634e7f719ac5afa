/// A pair of documents whose shingle sets are similar: an edge.
struct Edge: BitwiseCopyable, Sendable, Equatable {
  var first: UInt64
  /// Behind the first.
  var second: UInt64
  /// Shingles that both have, and that either has.
  var shared: UInt32
  var united: UInt32
}

/// An edge as it is seen from one of its two documents.
struct DirectedEdge: SortRecord, Equatable {
  var document: UInt64
  var neighbour: UInt64
  var shared: UInt32
  var united: UInt32

  var high: UInt64 { document }
  var low: UInt64 { neighbour }

  /// One direction of an edge.
  init(_ edge: Edge, from document: UInt64, to neighbour: UInt64) {
    self.init(
      document: document, neighbour: neighbour, shared: edge.shared, united: edge.united)
  }

  init(document: UInt64, neighbour: UInt64, shared: UInt32, united: UInt32) {
    self.document = document
    self.neighbour = neighbour
    self.shared = shared
    self.united = united
  }

  /// Whether its similarity is above another's, exactly.
  func isCloser(than other: DirectedEdge) -> Bool {
    UInt64(shared) * UInt64(other.united) > UInt64(other.shared) * UInt64(united)
  }
}
