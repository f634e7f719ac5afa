internal import Streams

/// Proves the blocks of all files by their seals, and notes which documents take part.
final class SignatureProof: PipelineLane {
  /// A block on its way.
  final class Item {
    let block: Int
    /// Rows that take no part.
    var absent: [UInt32] = []

    init(block: Int) {
      self.block = block
    }
  }

  static let stages: [StageKind] = [.parallel, .serial]

  private let table: SignatureTable
  private let seal: BatchSeal
  private let readers: [SignatureReader]
  private let buffers: [ByteBlock]
  private var given = 0
  /// The documents that have words.
  private(set) var participants: DocumentSet

  private init(_ table: SignatureTable, _ seal: BatchSeal, threads: Int) {
    self.table = table
    self.seal = seal
    readers = (0..<threads).map { _ in SignatureReader(table: table, descriptors: 2) }
    buffers = (0..<threads).map { _ in ByteBlock(capacity: 64 << 10) }
    participants = DocumentSet(count: table.documentCount)
  }

  /// Proves all blocks; a thread holds one at a time.
  ///
  /// - Returns: the documents that take part.
  /// - Throws: ``DeduplicationError`` that names the file that is damaged.
  static func participants(
    of table: SignatureTable, seal: BatchSeal, memory: Int, threads: Int
  ) throws -> DocumentSet {
    let largest = table.blocks.reduce(1) { max($0, $1.layout.byteCount) }
    let threads = max(1, min(threads, memory / largest))
    let lane = SignatureProof(table, seal, threads: threads)
    let pipeline = Pipeline<SignatureProof>(threads: threads, window: 2 * threads, lanesAtOnce: 1)
    try pipeline.run { $0 == 0 ? lane : nil }
    return lane.participants
  }

  static func weight(of item: Item) -> Int { 1 }

  func next(worker: Int) -> Item? {
    guard given < table.blocks.count else { return nil }
    given += 1
    return Item(block: given - 1)
  }

  func run(stage: Int, item: Item, worker: Int) throws {
    let block = table.blocks[item.block]
    guard stage == 0 else {
      participants.insert(block.firstOrdinal..<block.endOrdinal)
      for row in item.absent { participants.remove(block.firstOrdinal + UInt64(row)) }
      return
    }
    let bytes = try readers[worker].prove(
      item.block, shard: table.shards[block.file], seal: seal, buffer: buffers[worker])
    let start = Int(block.layout.start(ofRow: 0) - block.layout.offset)
    for row in 0..<block.layout.rowCount {
      let place = start + row * 4
      if bytes.load(fromByteOffset: place, as: UInt32.self)
        == bytes.load(fromByteOffset: place + 4, as: UInt32.self)
      {
        item.absent.append(UInt32(row))
      }
    }
  }

  func finish(worker: Int) {}
}
