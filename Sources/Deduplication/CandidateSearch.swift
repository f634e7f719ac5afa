internal import Streams

/// Searches all bands for candidate pairs, a part of the keys of a band at a time.
final class CandidateSearch: PipelineLane {
  /// A part of the keys of a band.
  struct Item {
    let band: Int
    let part: Int
  }

  static let stages: [StageKind] = [.parallel]

  private let bands: Int
  private let parts: Int
  private let searchers: [BandSearcher]
  private var given = 0

  private init(bands: Int, parts: Int, searchers: [BandSearcher]) {
    self.bands = bands
    self.parts = parts
    self.searchers = searchers
  }

  /// What a search found: the pairs, each once, in ascending order.
  struct Found {
    let pairs: SortedRecords<OrdinalPair>
    let counts: BucketCounts
  }

  /// Finds the pairs of active documents that share a key.
  ///
  /// - Parameters:
  ///   - readers: one for each thread.
  ///   - memory: bytes that it may take; what stays taken afterwards is a quarter of it at most.
  static func run(
    bands: Int, active: DocumentSet, hazardous: DocumentSet, readers: [SignatureReader],
    folder: String, memory: Int
  ) throws -> Found {
    let threads = readers.count
    let sort = ExternalSort<OrdinalPair>(
      folder: folder, name: "pairs", memory: memory / 4, writers: threads, removesDuplicates: true)
    let writers = readers.map { _ in sort.writer() }
    let documents = active.memberCount
    let smallest = LargeBucket.threshold - 1
    // More than some millions would only delay an interruption.
    let share = min(memory / 2 / threads / BandSearcher.byteCount, 64 << 20)
    let capacity = max(smallest, min(share, documents))
    let parts =
      documents <= capacity ? 1 : documents / max(1, capacity - capacity / 16) + 1
    let lane = CandidateSearch(
      bands: bands, parts: parts,
      searchers: zip(readers, writers).map {
        BandSearcher(
          reader: $0, active: active, hazardous: hazardous, capacity: capacity, pairs: $1)
      })
    let pipeline = Pipeline<CandidateSearch>(
      threads: threads, window: 2 * threads, lanesAtOnce: 1)
    try pipeline.run { $0 == 0 ? lane : nil }
    var counts = BucketCounts()
    for searcher in lane.searchers { counts.add(searcher.counts) }
    return Found(pairs: try sort.sorted(writers), counts: counts)
  }

  static func weight(of item: Item) -> Int { 1 }

  func next(worker: Int) -> Item? {
    guard given < bands * parts else { return nil }
    given += 1
    return Item(band: (given - 1) / parts, part: (given - 1) % parts)
  }

  func run(stage: Int, item: Item, worker: Int) throws {
    try searchers[worker].search(band: item.band, range: .part(item.part, of: parts))
  }

  func finish(worker: Int) {}
}
