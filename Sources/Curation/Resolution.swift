internal import Deduplication
internal import Ledger
internal import Streams

/// What resolving found out about one accepted record of a shard; 64 bytes in its file.
struct Resolution: Equatable {
  static let byteCount = 64

  /// Its row.
  var row: UInt64
  /// Why it is not kept.
  var reason: ReasonTable.Duplicates
  /// Where the document stands that is kept in its place; nil for contagion.
  var survivor: Place?
  /// What condemned it; nil for an equal text that was not compared by shingles.
  var evidence: Evidence?

  /// A document: the number of its shard, as the ledger counts them, and its row.
  struct Place: Equatable {
    var shard: Int
    var row: UInt64
  }

  /// A verified similarity.
  struct Evidence: Equatable {
    /// The first document of the cluster, which names it.
    var cluster: Place
    /// The document that it is similar to.
    var neighbour: Place
    /// Shingles that both have.
    var shared: UInt32
    /// Shingles that one of them has.
    var united: UInt32
  }

  init(
    row: UInt64, reason: ReasonTable.Duplicates, survivor: Place? = nil, evidence: Evidence? = nil
  ) {
    self.row = row
    self.reason = reason
    self.survivor = survivor
    self.evidence = evidence
  }

  init(reading bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == Resolution.byteCount, "a resolution has 64 bytes")
    func place(_ shard: Int, _ row: Int) -> Place {
      Place(
        shard: Int(bytes.loadUnaligned(fromByteOffset: shard, as: UInt32.self)),
        row: bytes.loadUnaligned(fromByteOffset: row, as: UInt64.self))
    }
    row = bytes.loadUnaligned(as: UInt64.self)
    let reasons = ReasonTable.Duplicates.allCases
    precondition(Int(bytes[52]) < reasons.count, "a resolution of ours has a reason")
    reason = reasons[Int(bytes[52])]
    survivor = bytes[53] & 1 == 0 ? nil : place(32, 8)
    guard bytes[53] & 2 != 0 else { return }
    evidence = Evidence(
      cluster: place(36, 16), neighbour: place(40, 24),
      shared: bytes.loadUnaligned(fromByteOffset: 44, as: UInt32.self),
      united: bytes.loadUnaligned(fromByteOffset: 48, as: UInt32.self))
  }

  func append(to block: ByteBlock) {
    let target = block.room(atLeast: Resolution.byteCount)
    func store(_ place: Place?, _ shard: Int, _ row: Int) {
      target.storeBytes(of: UInt32(place?.shard ?? 0), toByteOffset: shard, as: UInt32.self)
      target.storeBytes(of: place?.row ?? 0, toByteOffset: row, as: UInt64.self)
    }
    target.storeBytes(of: row, as: UInt64.self)
    store(survivor, 32, 8)
    store(evidence?.cluster, 36, 16)
    store(evidence?.neighbour, 40, 24)
    target.storeBytes(of: evidence?.shared ?? 0, toByteOffset: 44, as: UInt32.self)
    target.storeBytes(of: evidence?.united ?? 0, toByteOffset: 48, as: UInt32.self)
    target[52] = UInt8(ReasonTable.Duplicates.allCases.firstIndex(of: reason) ?? 0)
    target[53] = (survivor == nil ? 0 : 1) | (evidence == nil ? 0 : 2)
    target.storeBytes(of: 0, toByteOffset: 54, as: UInt16.self)
    target.storeBytes(of: 0, toByteOffset: 56, as: UInt64.self)
    block.didWrite(Resolution.byteCount)
  }

  /// The survivor as the ledger holds it; nil for contagion.
  var duplicateRow: DuplicateRow? {
    survivor.map { DuplicateRow(row: row, survivorShard: $0.shard, survivorRow: $0.row) }
  }

  /// The similarity as the ledger holds it.
  var similarityRow: SimilarityRow? {
    evidence.map {
      SimilarityRow(
        row: row, clusterShard: $0.cluster.shard, clusterRow: $0.cluster.row,
        neighbourShard: $0.neighbour.shard, neighbourRow: $0.neighbour.row, shared: $0.shared,
        united: $0.united)
    }
  }
}

/// Writes the resolutions of one shard after another, each to a file of its own that is there only
/// where it has one.
struct ResolutionWriter {
  private let path: (Int) -> String
  private var shard = -1
  private var file: OutputFile?
  private let block = ByteBlock(capacity: Resolution.byteCount)

  /// A writer to the file that `path` names for a shard.
  init(path: @escaping (Int) -> String) {
    self.path = path
  }

  /// Writes the next resolution; shard after shard, rows ascending.
  mutating func write(_ resolution: Resolution, shard next: Int) throws {
    if next != shard {
      try finish()
      shard = next
      file = try OutputFile(temporaryPath: path(next) + ".partial", buffer: 64 << 10)
    }
    block.truncate(to: 0)
    resolution.append(to: block)
    try file?.write(block.bytes)
  }

  /// Publishes what is written.
  mutating func finish() throws {
    try file?.publish(as: path(shard))
    file = nil
  }
}

/// The resolutions of a shard, read in the order of rows.
final class ResolutionReader {
  private let source: FileSource?
  private let block = ByteBlock(capacity: Resolution.byteCount << 10)
  private var position = 0
  private var ahead: Resolution?

  init(path: String) throws {
    source = Folder.exists(path) ? try FileSource(path: path) : nil
    ahead = try read()
  }

  /// The next resolution whose row is below `row`.
  func next(below row: UInt64) throws -> Resolution? {
    guard let resolution = ahead, resolution.row < row else { return nil }
    ahead = try read()
    return resolution
  }

  private func read() throws -> Resolution? {
    let size = Resolution.byteCount
    if position == block.count {
      guard let source else { return nil }
      block.truncate(to: 0)
      position = 0
      _ = try source.read(size << 10, into: block)
    }
    guard position + size <= block.count else { return nil }
    defer { position += size }
    return Resolution(reading: block.bytes(position..<position + size))
  }
}
