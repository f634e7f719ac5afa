internal import Corpus
internal import Deduplication
internal import Foundation
internal import Ledger
internal import Streams

/// The duplicates of one shard, sorted by row, and the ids that were seen before.
struct ResolvedShard {
  static let entryByteCount = 24

  /// Writes the duplicates of a shard; nothing for none.
  static func write(_ duplicates: ArraySlice<ExactDuplicate>, to path: String) throws {
    let output = try OutputFile(temporaryPath: path + ".partial")
    let block = ByteBlock(capacity: max(1, duplicates.count * entryByteCount))
    for duplicate in duplicates {
      let target = block.room(atLeast: entryByteCount)
      target.storeBytes(of: duplicate.row, as: UInt64.self)
      target.storeBytes(of: duplicate.survivorRow, toByteOffset: 8, as: UInt64.self)
      target.storeBytes(of: UInt64(duplicate.survivorShard), toByteOffset: 16, as: UInt64.self)
      block.didWrite(entryByteCount)
    }
    try output.write(block.bytes)
    try output.publish(as: path)
  }
}

/// The duplicates of a shard, read in the order of rows.
final class ResolvedReader {
  private let source: FileSource?
  private let block = ByteBlock(capacity: ResolvedShard.entryByteCount << 10)
  private var position = 0
  private var ahead: DuplicateRow?

  init(path: String) throws {
    source = Folder.exists(path) ? try FileSource(path: path) : nil
    ahead = try read()
  }

  /// The next duplicate whose row is below `row`.
  func next(below row: UInt64) throws -> DuplicateRow? {
    guard let duplicate = ahead, duplicate.row < row else { return nil }
    ahead = try read()
    return duplicate
  }

  private func read() throws -> DuplicateRow? {
    let size = ResolvedShard.entryByteCount
    if position == block.count {
      guard let source else { return nil }
      block.truncate(to: 0)
      position = 0
      _ = try source.read(size << 10, into: block)
    }
    guard position + size <= block.count else { return nil }
    let bytes = block.bytes(position..<position + size)
    position += size
    return DuplicateRow(
      row: bytes.load(as: UInt64.self),
      survivorShard: Int(bytes.load(fromByteOffset: 16, as: UInt64.self)),
      survivorRow: bytes.load(fromByteOffset: 8, as: UInt64.self))
  }
}

/// The second stage: finds what no shard can know alone, from the intermediate rows of all.
struct Resolver {
  let context: StageContext
  let memory: Int

  /// Resolves; what it answers depends on the rows alone.
  func run() throws {
    let judged = try context.shards.indices.map { try JudgedShard.read(context.layout, $0) }
    let rows = judged.reduce(0) { $0 + $1.rows }
    let folder = context.layout.work + "/resolved"
    try Folder.remove(folder)
    try Folder.make(folder)
    context.meter.begin("resolve", bytes: Int64(rows))
    if context.plan.duplicates.exact { try resolveDuplicates(judged, rows, folder) }
    var repeated = Array(repeating: Int64(0), count: judged.count)
    if context.plan.fields.id != nil { try countRepeatedIDs(rows, folder, &repeated) }
    let done = try OutputFile(temporaryPath: folder + "/done.partial")
    try done.write(Array(JSONEncoder().encode(repeated)))
    try done.publish(as: context.layout.resolvedFile)
  }

  /// How many ids of each shard were seen before, once the run is resolved; nil before.
  static func repeatedIDs(_ layout: OutputLayout) throws -> [Int64]? {
    guard Folder.exists(layout.resolvedFile) else { return nil }
    return try decodeWork([Int64].self, layout.resolvedFile)
  }

  private func forEachRow(_ body: (UInt32, UInt64, JudgedRow) throws -> Void) throws {
    for shard in context.shards.indices {
      let reader = try JudgedFileReader(path: context.layout.judged(shard))
      let doubt = try context.doubt(JudgedShard.read(context.layout, shard))
      var row: UInt64 = 0
      var offset: Int64 = 0
      while let block = try reader.next() {
        if Interruption.isRequested { throw InterruptedError() }
        for index in 0..<block.rowCount {
          try body(UInt32(shard), row, block.row(index, offset: offset, doubt: doubt))
          row += 1
        }
        offset = reader.offset
      }
    }
  }

  private func resolveDuplicates(_ judged: [JudgedShard], _ rows: Int, _ folder: String) throws {
    var search = try ExactDuplicates(folder: folder, expected: rows, memory: memory)
    try forEachRow { shard, row, judgedRow in
      // A dropped or quarantined document neither survives nor is a duplicate.
      if judgedRow.outcome == .clean || judgedRow.outcome == .tagged {
        try search.add(judgedRow.digest, shard: shard, row: row)
      }
      if row & 0xFFF == 0 { context.meter.advance(by: 0x1000) }
    }
    var spread = try ShardSpread(judged.map(\.rows), memory: memory, folder: folder)
    try search.resolve { try spread.add($0) }
    try spread.write { context.layout.duplicates($0) }
  }

  private func countRepeatedIDs(_ rows: Int, _ folder: String, _ repeated: inout [Int64]) throws {
    var search = try ExactDuplicates(folder: folder, expected: rows, memory: memory)
    var key = [UInt8](repeating: 0, count: Digest256.byteCount)
    try forEachRow { shard, row, judgedRow in
      guard judgedRow.hasID else { return }
      key.withUnsafeMutableBytes { $0.storeBytes(of: judgedRow.idHash, as: UInt64.self) }
      let digest = key.withUnsafeBytes { Digest256(bytes: $0) }
      try search.add(digest, shard: shard, row: row)
    }
    try search.resolve { repeated[Int($0.shard)] += 1 }
  }
}

/// Duplicates that arrive in no order, spread over ranges of shards so that one range at a time is
/// sorted in memory.
private struct ShardSpread {
  private let ranges: [Range<Int>]
  private var rangeOfShard: [Int]
  private var files: [OutputFile] = []
  private var held: [ExactDuplicate] = []
  private static let byteCount = MemoryLayout<ExactDuplicate>.stride

  init(_ rows: [Int], memory: Int, folder: String) throws {
    var ranges: [Range<Int>] = []
    var start = 0
    var size = 0
    for (shard, count) in rows.enumerated() {
      if size > 0 && size + count * ShardSpread.byteCount > memory {
        ranges.append(start..<shard)
        start = shard
        size = 0
      }
      size += count * ShardSpread.byteCount
    }
    ranges.append(start..<rows.count)
    self.ranges = ranges
    rangeOfShard = []
    for (number, range) in ranges.enumerated() {
      rangeOfShard += Array(repeating: number, count: range.count)
    }
    if ranges.count > 1 {
      files = try ranges.indices.map {
        try OutputFile(temporaryPath: "\(folder)/range-\($0)", buffer: 16 << 10)
      }
    }
  }

  mutating func add(_ duplicate: ExactDuplicate) throws {
    guard ranges.count > 1 else {
      held.append(duplicate)
      return
    }
    try withUnsafeBytes(of: duplicate) { try files[rangeOfShard[Int(duplicate.shard)]].write($0) }
  }

  mutating func write(_ path: (Int) -> String) throws {
    guard ranges.count > 1 else {
      try ShardSpread.write(&held, path)
      return
    }
    for file in files {
      try file.close(durably: false)
      var part = try ShardSpread.load(file.temporaryPath)
      try ShardSpread.write(&part, path)
      try Folder.remove(file.temporaryPath)
    }
  }

  private static func load(_ path: String) throws -> [ExactDuplicate] {
    let size = MemoryLayout<ExactDuplicate>.size
    let bytes = try FileSource.contents(of: path, limit: .max)
    return bytes.withUnsafeBytes { content in
      stride(from: 0, to: content.count, by: size).map {
        content.loadUnaligned(fromByteOffset: $0, as: ExactDuplicate.self)
      }
    }
  }

  private static func write(_ part: inout [ExactDuplicate], _ path: (Int) -> String) throws {
    part.sort { ($0.shard, $0.row) < ($1.shard, $1.row) }
    var start = 0
    while start < part.count {
      var end = start
      while end < part.count && part[end].shard == part[start].shard { end += 1 }
      try ResolvedShard.write(part[start..<end], to: path(Int(part[start].shard)))
      start = end
    }
  }
}

extension StageContext {
  /// From where on the bytes of a shard are in doubt.
  func doubt(_ judged: JudgedShard) -> (from: Int64, reason: UInt16)? {
    judged.trustedBytes.map { ($0, reasons.number(.corruptStream)) }
  }
}

extension JudgedShard {
  /// The summary of a judged shard.
  static func read(_ layout: OutputLayout, _ index: Int) throws -> JudgedShard {
    let path = layout.judged(index) + ".json"
    guard Folder.exists(path) else {
      throw CurationError(
        .stageMissing, layout.folder,
        "shard number \(index) is not judged yet; run --stage judge on all shards first")
    }
    return try decodeWork(JudgedShard.self, path)
  }
}

/// What an intermediate file of JSON holds.
private func decodeWork<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
  let bytes = try FileSource.contents(of: path)
  guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else {
    throw CurationError(.damagedWork, path, "is damaged; start anew with --fresh")
  }
  return value
}
