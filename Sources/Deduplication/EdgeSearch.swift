internal import Streams

/// Verifies candidate pairs, chunk by chunk, and writes the edges in order.
final class EdgeSearch: PipelineLane {
  /// A chunk of pairs, and then its edges.
  final class Item {
    let pairs: UnsafeMutableBufferPointer<OrdinalPair>
    var count = 0
    var edges: [Edge] = []

    init(capacity: Int) {
      pairs = .allocate(capacity: capacity)
    }

    deinit {
      pairs.deallocate()
    }
  }

  static let stages: [StageKind] = [.parallel, .serial]

  private let pairs: SortedRecords<OrdinalPair>
  private let verifiers: [PairVerifier]
  private let pairLimit: Int
  private let edges: EdgeFile
  private(set) var found: Found

  /// What a search found.
  struct Found {
    /// Pairs that were compared.
    var candidates = 0
    /// The documents that have an edge.
    var nodes: DocumentSet
    /// The documents that are not refused and have an edge to a hazardous one.
    var contaminated: DocumentSet
  }

  private let refused: DocumentSet
  private let hazardous: DocumentSet

  private init(
    _ pairs: SortedRecords<OrdinalPair>, _ verifiers: [PairVerifier], pairLimit: Int,
    _ edges: EdgeFile, refused: DocumentSet, hazardous: DocumentSet
  ) {
    self.pairs = pairs
    self.verifiers = verifiers
    self.pairLimit = pairLimit
    self.edges = edges
    self.refused = refused
    self.hazardous = hazardous
    let none = DocumentSet(count: refused.count)
    found = Found(nodes: none, contaminated: none)
  }

  /// Verifies all pairs.
  ///
  /// - Parameters:
  ///   - readers: one for each thread.
  ///   - memory: bytes that it may take.
  ///   - edges: where edges go, in ascending order.
  static func run(
    _ pairs: SortedRecords<OrdinalPair>, settings: NearDuplicateSettings,
    refused: DocumentSet, hazardous: DocumentSet, readers: [SignatureReader], memory: Int,
    edges: EdgeFile
  ) throws -> Found {
    let threads = readers.count
    // Half for pairs, half for words; of chunks there are two a thread, one being worked on.
    let share = memory / threads / 2
    let perPair =
      PairVerifier.byteCount
      + 2 * (MemoryLayout<OrdinalPair>.stride + 2 * MemoryLayout<Edge>.stride)
    let pairLimit = min(max(16, share / perPair), 1 << 20)
    let wordLimit = max(1024, share / MemoryLayout<UInt32>.stride)
    let lane = EdgeSearch(
      pairs,
      readers.map {
        PairVerifier(reader: $0, settings: settings, pairLimit: pairLimit, wordLimit: wordLimit)
      },
      pairLimit: pairLimit, edges, refused: refused, hazardous: hazardous)
    let pipeline = Pipeline<EdgeSearch>(
      threads: threads, window: threads + 1, lanesAtOnce: 1)
    try pipeline.run { $0 == 0 ? lane : nil }
    try edges.close()
    return lane.found
  }

  static func weight(of item: Item) -> Int { 1 }

  func next(worker: Int) throws -> Item? {
    let item = Item(capacity: pairLimit)
    item.count = try pairs.next(into: item.pairs)
    return item.count > 0 ? item : nil
  }

  func run(stage: Int, item: Item, worker: Int) throws {
    guard stage == 0 else {
      found.candidates += item.count
      note(item.edges, in: &found)
      return try edges.append(item.edges)
    }
    try verifiers[worker].verify(
      UnsafeBufferPointer(rebasing: item.pairs[..<item.count]), into: &item.edges)
  }

  private func note(_ edges: [Edge], in found: inout Found) {
    for edge in edges {
      found.nodes.insert(edge.first)
      found.nodes.insert(edge.second)
      if hazardous.contains(edge.first) && !refused.contains(edge.second) {
        found.contaminated.insert(edge.second)
      }
      if hazardous.contains(edge.second) && !refused.contains(edge.first) {
        found.contaminated.insert(edge.first)
      }
    }
  }

  func finish(worker: Int) {}
}
