internal import Streams

/// Condemns documents by the edges: near duplicates of a survivor, and what is near a hazard.
struct Verdicts {
  let edges: EdgeFile
  let refused: DocumentSet
  let hazardous: DocumentSet
  /// The documents that contagion condemns; none where it is switched off.
  let contaminated: DocumentSet
  /// Whether survivors are told too.
  let survivors: Bool
  let folder: String
  let memory: Int

  /// Calls `body` with every condemned document, in ascending order.
  ///
  /// - Parameter nodes: the documents that have an edge.
  /// - Returns: the number of clusters.
  /// - Throws: ``DeduplicationError`` where the clusters do not fit.
  func run(nodes: RankedDocuments, _ body: (NearVerdict) throws -> Void) throws -> Int64 {
    let held = nodes.memberCount * Clusters.byteCount
    // A quarter is left to sort the evidence in.
    guard held <= memory / 4 * 3, nodes.memberCount <= Clusters.nodeLimit else {
      throw DeduplicationError.memory(nodes: nodes.memberCount, needed: held / 3 * 4 + 4)
    }
    var clusters = Clusters(nodes)
    try edges.forEach { clusters.join($0.first, $0.second) }
    let count = clusters.elect { !refused.contains($0) && !contaminated.contains($0) }
    // The allocator keeps some of what the steps before gave back.
    let sort = ExternalSort<DirectedEdge>(
      folder: folder, name: "evidence", memory: (memory - held) / 8 * 7, writers: 1,
      removesDuplicates: false)
    let writer = sort.writer()
    try edges.forEach { edge in
      if isEvidence(edge.first, edge.second, clusters) {
        try writer.add(DirectedEdge(edge, from: edge.first, to: edge.second))
      }
      if isEvidence(edge.second, edge.first, clusters) {
        try writer.add(DirectedEdge(edge, from: edge.second, to: edge.first))
      }
    }
    try edges.remove()
    try tell(sort.sorted([writer]), clusters, body)
    return Int64(count)
  }

  /// Whether an edge may be what condemns the document.
  private func isEvidence(_ document: UInt64, _ neighbour: UInt64, _ clusters: Clusters) -> Bool {
    if refused.contains(document) { return false }
    if contaminated.contains(document) { return hazardous.contains(neighbour) }
    return survivors || !clusters.survives(document)
  }

  /// Chooses the evidence of each document among its edges, which come one behind the other.
  private func tell(
    _ evidence: SortedRecords<DirectedEdge>, _ clusters: Clusters,
    _ body: (NearVerdict) throws -> Void
  ) throws {
    let chunk = UnsafeMutableBufferPointer<DirectedEdge>.allocate(capacity: 4096)
    defer { chunk.deallocate() }
    var best: DirectedEdge?
    var place: (cluster: UInt64, survivor: UInt64?) = (0, nil)
    func finish() throws {
      guard let best else { return }
      let isContagion = contaminated.contains(best.document)
      try body(
        NearVerdict(
          ordinal: best.document, isContagion: isContagion, cluster: place.cluster,
          survivor: isContagion ? NearVerdict.none : place.survivor ?? NearVerdict.none,
          neighbour: best.neighbour, shared: best.shared, united: best.united))
    }
    while true {
      if Interruption.isRequested { throw InterruptedError() }
      let got = try evidence.next(into: chunk)
      if got == 0 { break }
      for edge in chunk[..<got] {
        guard let last = best, last.document == edge.document else {
          try finish()
          best = edge
          place = clusters.place(of: edge.document)
          continue
        }
        // Neighbours ascend: of equally close ones the first stays.
        let survivor = contaminated.contains(edge.document) ? nil : place.survivor
        if last.neighbour == survivor { continue }
        if edge.neighbour == survivor || edge.isCloser(than: last) { best = edge }
      }
    }
    try finish()
  }
}
