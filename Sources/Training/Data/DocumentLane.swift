internal import Corpus
internal import Ledger
internal import Streams

/// Reads a file's documents, makes something of each on any worker, and takes the results in the
/// order of the file.
final class DocumentLane<Product>: PipelineLane {
  /// A batch and what came of its records.
  final class Item {
    let batch: Batch
    var products: [Result<Product, RecordMistake>] = []

    init(_ batch: Batch) { self.batch = batch }
  }

  static var stages: [StageKind] { [.parallel, .serial] }
  static func weight(of item: Item) -> Int { item.batch.byteCount }

  private let part: TrainingSource.Part
  private let reader: BatchReader
  private let readers: [RecordReader]
  private let make: (TrainingRecord) throws -> Product
  private let take: (Product) throws -> Void
  private let read: (Int64) -> Void
  private let ended: (TrainingFile) -> Void
  private let plainDigest = DigestChain()
  private var rows = 0

  init(
    _ part: TrainingSource.Part, pool: BlockPool, readers: [RecordReader],
    make: @escaping (TrainingRecord) throws -> Product, take: @escaping (Product) throws -> Void,
    read: @escaping (Int64) -> Void, ended: @escaping (TrainingFile) -> Void
  ) throws {
    self.part = part
    self.readers = readers
    self.make = make
    self.take = take
    self.read = read
    self.ended = ended
    reader = try BatchReader(part.shard, pool: pool)
  }

  func next(worker: Int) throws -> Item? {
    guard let batch = try reader.next() else { return nil }
    if reader.compression == .none { plainDigest.update(batch.block.bytes) }
    return Item(batch)
  }

  func run(stage: Int, item: Item, worker: Int) throws {
    switch stage {
    case 0: try parse(item, readers[worker])
    default:
      for product in item.products {
        switch product {
        case .success(let product): try take(product)
        case .failure(let mistake):
          throw TrainingDataError(
            .record, "\(part.shard.path):\(rows)",
            "the record \(mistake.why); mend or leave out the record (rows count from 0)")
        }
        rows += 1
      }
      item.products = []
      read(item.batch.fileBytes)
      reader.recycle(item.batch)
    }
  }

  private func parse(_ item: Item, _ reader: RecordReader) throws {
    let format = part.shard.format
    try RecordCutter.forEachRecord(in: item.batch, format: format) { span in
      if let issue = span.issue {
        item.products.append(.failure(RecordMistake(why: "cannot be read: \(issue.rawValue)")))
        return
      }
      do {
        let record = try reader.read(
          item.batch.block.bytes(span.start..<span.contentEnd), format)
        item.products.append(.success(try make(record)))
      } catch let mistake as RecordMistake {
        item.products.append(.failure(mistake))
      }
    }
  }

  func finish(worker: Int) throws {
    let artefact = Artefact(
      sha256: try reader.fileDigest() ?? plainDigest.digest(), bytes: reader.fileSize)
    if let expected = part.expected, expected != artefact {
      throw TrainingDataError(
        .altered, part.shard.path,
        "is not the file that the ledger knows; restore it, or curate again")
    }
    if let documents = part.documents, documents != Int64(rows) {
      throw TrainingDataError(
        .imbalance, part.shard.path,
        "\(rows) documents were read where the ledger has \(documents); please report this")
    }
    ended(TrainingFile(name: part.shard.name, artefact, documents: rows))
  }
}

extension TrainingSource {
  /// Carries every document through `make`, on any worker, and `take`, in the order of the files
  /// and their rows.
  ///
  /// - Parameters:
  ///   - data: what the plan reads.
  ///   - threads: workers.
  ///   - progress: gets the bytes of files that are read so far.
  ///   - make: makes something of a record.
  ///   - take: takes it.
  /// - Returns: the files as they were read.
  func forEachDocument<Product>(
    _ data: TrainingPlan.DataSettings, threads: Int, progress: @escaping (Int64) -> Void = { _ in },
    make: @escaping (TrainingRecord) throws -> Product, take: @escaping (Product) throws -> Void
  ) throws -> [TrainingFile] {
    let pool = BlockPool(limit: 4 * threads)
    let readers = (0..<threads).map { _ in RecordReader(identity: identity, data) }
    var files: [TrainingFile] = []
    var done: Int64 = 0
    // One lane at a time: documents are packed in the order of the files.
    let pipeline = Pipeline<DocumentLane<Product>>(
      threads: threads, window: 2 * threads, lanesAtOnce: 1)
    try pipeline.run { number in
      guard number < parts.count else { return nil }
      return try DocumentLane(
        parts[number], pool: pool, readers: readers, make: make, take: take,
        read: {
          done += $0
          progress(done)
        }, ended: { files.append($0) })
    }
    return files
  }
}
