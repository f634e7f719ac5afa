internal import Corpus
internal import Deduplication
internal import Foundation
internal import Ledger
internal import Streams

/// Finds what in the parts of a snapshot is near a text: every document is compared, none is passed
/// over, and each part is proved to be the one that the ledger knows while it is read.
final class NearSearch {
  /// A document that is near the text.
  struct Hit {
    /// The part, as an index into the snapshot's parts.
    var part: Int
    /// The document's place in the part.
    var row: UInt64
    var overlap: ShingleOverlap

    /// Nearer first; of equally near ones the first in the corpus.
    func precedes(_ other: Hit) -> Bool {
      let left = UInt64(overlap.shared) * UInt64(other.overlap.united)
      let right = UInt64(other.overlap.shared) * UInt64(overlap.united)
      return left != right ? left > right : (part, row) < (other.part, other.row)
    }
  }

  /// What one worker keeps from batch to batch.
  final class Worker {
    let parser: RecordParser
    let signer: DocumentSigner
    let comparer: ShingleComparer

    init(_ fields: DocumentFields, _ query: Query) {
      parser = RecordParser(fields)
      signer = query.makeSigner()
      comparer = ShingleComparer(shingle: query.shingle)
      query.words.withUnsafeBufferPointer { comparer.setFirst($0) }
    }
  }

  /// The text as its words, and how near is near.
  struct Query {
    let words: [UInt32]
    let shingle: Int
    let jaccard: Double

    /// - Parameter text: valid UTF-8.
    init(text: [UInt8], shingle: Int, jaccard: Double) {
      self.shingle = shingle
      self.jaccard = jaccard
      let signer = Query.makeSigner(shingle)
      text.withUnsafeBytes { signer.sign($0) }
      words = Array(signer.words)
    }

    /// A reader of words; its one-function signature costs next to nothing and is not looked at.
    func makeSigner() -> DocumentSigner { Query.makeSigner(shingle) }

    private static func makeSigner(_ shingle: Int) -> DocumentSigner {
      DocumentSigner(NearDuplicateSettings(shingle: shingle, bands: 1, rows: 1))
    }
  }

  let snapshot: Snapshot
  let folder: String
  let query: Query
  let pool: BlockPool
  /// One for each worker, used by that worker alone.
  let workers: [Worker]
  private let threads: Int
  private let limit: Int
  // Guarded by `lock`.
  private var hits: [Hit] = []
  private var count = 0
  private let lock = NSLock()

  /// A search in the parts below `folder`.
  init(
    _ query: Query, in snapshot: Snapshot, folder: String, fields: DocumentFields, threads: Int,
    limit: Int
  ) {
    self.query = query
    self.snapshot = snapshot
    self.folder = folder
    self.threads = threads
    self.limit = limit
    pool = BlockPool(limit: 2 * threads + 2)
    workers = (0..<threads).map { _ in Worker(fields, query) }
  }

  /// The nearest documents, at most `limit`, and how many are near in all.
  func run() throws -> (nearest: [Hit], count: Int) {
    let parts = snapshot.parts.indices.filter { snapshot.parts[$0].output != nil }
    try Pipeline<NearLane>(
      threads: threads, window: 2 * threads + 1, lanesAtOnce: threads,
      bytesInFlight: max(16, 3 * threads) << 20
    ).run { number in number < parts.count ? try NearLane(self, part: parts[number]) : nil }
    trim()
    return (hits, count)
  }

  func add(_ new: [Hit]) {
    guard !new.isEmpty else { return }
    lock.withLock {
      count += new.count
      hits += new
      if hits.count > 8 * limit { trim() }
    }
  }

  private func trim() {
    hits.sort { $0.precedes($1) }
    hits.removeLast(max(0, hits.count - limit))
  }
}

/// A batch of a part, and what in it is near.
final class NearItem {
  let batch: Batch
  var records = 0
  /// Rows count from the batch's first record until the lane adds what was before.
  var hits: [NearSearch.Hit] = []

  init(_ batch: Batch) {
    self.batch = batch
  }
}

/// Reads one part: words and comparison in parallel, the digest in order.
final class NearLane: PipelineLane {
  static let stages: [StageKind] = [.parallel, .serial]

  private let search: NearSearch
  private let index: Int
  private let part: Snapshot.Part
  private let expected: Artefact
  private let path: String
  private let format: ShardFormat
  private let reader: BatchReader
  private let digest = DigestChain()
  private var row: UInt64 = 0

  init(_ search: NearSearch, part index: Int) throws {
    self.search = search
    self.index = index
    part = search.snapshot.parts[index]
    path = "\(search.folder)/corpus/\(part.path)"
    guard let expected = part.output, let format = ShardFormat(rawValue: part.format) else {
      throw AuditError(.changedLedger, "\(path): the ledger names no file or format of this part")
    }
    self.expected = expected
    self.format = format
    guard Folder.exists(path) else {
      throw AuditError(
        .missing,
        "\(path): this part of the corpus is missing. Restore it, or curate again with --fresh")
    }
    let shard = Shard(
      path: path, name: part.path, format: format, size: expected.bytes, modified: 0)
    reader = try BatchReader(shard, pool: search.pool)
    guard reader.fileSize == expected.bytes else { throw changed() }
  }

  static func weight(of item: NearItem) -> Int { item.batch.byteCount }

  func next(worker: Int) throws -> NearItem? { try reader.next().map { NearItem($0) } }

  func run(stage: Int, item: NearItem, worker: Int) throws {
    guard stage == 0 else {
      if reader.compression == .none { digest.update(item.batch.block.bytes) }
      search.add(
        item.hits.map { NearSearch.Hit(part: index, row: row + $0.row, overlap: $0.overlap) })
      row += UInt64(item.records)
      search.pool.give(item.batch.block)
      return
    }
    let tools = search.workers[worker]
    let block = item.batch.block
    try RecordCutter.forEachRecord(in: item.batch, format: format) { span in
      let content = block.bytes(span.start..<span.contentEnd)
      guard span.issue == nil,
        case .success(let record) = tools.parser.parse(content, format: format)
      else { throw unreadable(item) }
      tools.signer.sign(record.text)
      let overlap = tools.comparer.overlap(
        with: tools.signer.words, atLeast: search.query.jaccard)
      if let overlap {
        item.hits.append(
          NearSearch.Hit(part: index, row: UInt64(item.records), overlap: overlap))
      }
      item.records += 1
    }
  }

  func finish(worker: Int) throws {
    guard try reader.fileDigest() ?? digest.digest() == expected.sha256 else { throw changed() }
    guard row == UInt64(part.documents) else {
      throw AuditError(
        .changedLedger,
        "\(path): the part has \(row) documents where the ledger says \(part.documents)")
    }
  }

  private func changed() -> AuditError {
    AuditError(
      .changedPart,
      "\(path): this part is not the one that run \(part.run) wrote. Where a takedown was stopped, "
        + "the same --without command finishes it; else restore the part, or curate again with "
        + "--fresh")
  }

  private func unreadable(_ item: NearItem) -> AuditError {
    AuditError(
      .changedPart,
      "\(path): the record with index \(item.records) in the batch at byte \(item.batch.offset) "
        + "has no text where the run's settings say that texts are. The part was changed, or its "
        + "run is of an earlier Cordon: curate again with --fresh")
  }
}
