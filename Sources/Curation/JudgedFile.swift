internal import Corpus
internal import Foundation
internal import Streams

/// The rows of one batch as they stand in an intermediate file: header, rows, ids, matches.
///
/// A block carries a checksum, so that what a killed process left is told from what is whole.
struct JudgedBlock {
  static let headerByteCount = 80
  private static let magic: UInt32 = 0x3142_4A43  // "CJB1"
  private static let checksumOffset = 64

  let batch: Int
  let tag: [UInt8]
  let rowCount: Int
  /// Bytes of the batch.
  let batchByteCount: Int
  private let bytes: ByteBlock
  private let idsStart: Int
  private let matchesStart: Int

  /// Puts a block together.
  static func write(
    batch: Int, batchByteCount: Int, tag: [UInt8], rows: ByteBlock, ids: ByteBlock,
    matches: [JudgedMatch], into block: ByteBlock
  ) {
    var header = [UInt8](repeating: 0, count: headerByteCount)
    header.withUnsafeMutableBytes {
      $0.storeBytes(of: magic, as: UInt32.self)
      $0.storeBytes(of: UInt32(rows.count / JudgedRow.byteCount), toByteOffset: 4, as: UInt32.self)
      $0.storeBytes(of: UInt64(batch), toByteOffset: 8, as: UInt64.self)
      $0.storeBytes(of: UInt64(batchByteCount), toByteOffset: 16, as: UInt64.self)
      $0.storeBytes(of: UInt64(ids.count), toByteOffset: 24, as: UInt64.self)
      $0.storeBytes(of: UInt64(matches.count), toByteOffset: 32, as: UInt64.self)
      for (index, byte) in tag.enumerated() { $0[40 + index] = byte }
    }
    header.withUnsafeBytes { block.append($0) }
    block.append(rows.bytes)
    block.append(ids.bytes)
    for match in matches {
      let target = block.room(atLeast: JudgedMatch.byteCount)
      target.storeBytes(of: match.record, as: UInt32.self)
      target.storeBytes(of: match.rule, toByteOffset: 4, as: UInt32.self)
      target.storeBytes(of: match.start, toByteOffset: 8, as: UInt64.self)
      target.storeBytes(of: match.length, toByteOffset: 16, as: UInt32.self)
      target.storeBytes(of: UInt32(0), toByteOffset: 20, as: UInt32.self)
      block.didWrite(JudgedMatch.byteCount)
    }
    let checksum = Digest256(hashing: block.bytes)
    let target = UnsafeMutableRawBufferPointer(start: block.base, count: block.count)
    target.storeBytes(of: checksum.words.0, toByteOffset: checksumOffset, as: UInt64.self)
    target.storeBytes(of: checksum.words.1, toByteOffset: checksumOffset + 8, as: UInt64.self)
  }

  /// The block whose bytes these are, just written by this process.
  static func justWritten(_ block: ByteBlock) -> JudgedBlock {
    JudgedBlock(trusting: block)
  }

  private init(trusting block: ByteBlock) {
    let header = block.bytes
    rowCount = Int(header.load(fromByteOffset: 4, as: UInt32.self))
    batch = Int(header.load(fromByteOffset: 8, as: UInt64.self))
    batchByteCount = Int(header.load(fromByteOffset: 16, as: UInt64.self))
    tag = Array(header[40..<40 + BatchSeal.tagByteCount])
    idsStart = JudgedBlock.headerByteCount + rowCount * JudgedRow.byteCount
    matchesStart = idsStart + Int(header.load(fromByteOffset: 24, as: UInt64.self))
    bytes = block
  }

  /// The block that begins at the reader's place; nil where no whole one stands.
  fileprivate init?(_ source: FileSource, limit: Int64) throws(StreamsError) {
    let block = ByteBlock(capacity: 1 << 16)
    guard try JudgedBlock.read(source, JudgedBlock.headerByteCount, into: block, limit: limit)
    else { return nil }
    let header = block.bytes
    guard header.load(as: UInt32.self) == JudgedBlock.magic else { return nil }
    rowCount = Int(header.load(fromByteOffset: 4, as: UInt32.self))
    let numbers = (0..<4).map { header.load(fromByteOffset: 8 + $0 * 8, as: UInt64.self) }
    // Nonsense is refused before it is added up; the checksum tells the rest.
    guard numbers[0] <= UInt64(Int32.max), numbers[1] <= UInt64(Int32.max),
      numbers[2] <= UInt64(limit), numbers[3] <= UInt64(limit)
    else { return nil }
    batch = Int(numbers[0])
    batchByteCount = Int(numbers[1])
    tag = Array(header[40..<40 + BatchSeal.tagByteCount])
    idsStart = JudgedBlock.headerByteCount + rowCount * JudgedRow.byteCount
    matchesStart = idsStart + Int(numbers[2])
    let size = matchesStart + Int(numbers[3]) * JudgedMatch.byteCount
    guard try JudgedBlock.read(source, size - block.count, into: block, limit: limit) else {
      return nil
    }
    bytes = block
    guard JudgedBlock.takeChecksum(of: block) else { return nil }
  }

  private static func read(
    _ source: FileSource, _ count: Int, into block: ByteBlock, limit: Int64
  ) throws(StreamsError) -> Bool {
    guard Int64(count) <= limit else { return false }
    let got = try source.read(count, into: block)
    return got == count
  }

  private static func takeChecksum(of block: ByteBlock) -> Bool {
    let target = UnsafeMutableRawBufferPointer(start: block.base, count: block.count)
    let stored = (0..<2).map {
      target.load(fromByteOffset: checksumOffset + $0 * 8, as: UInt64.self)
    }
    for index in 0..<2 {
      target.storeBytes(of: 0, toByteOffset: checksumOffset + index * 8, as: UInt64.self)
    }
    let digest = Digest256(hashing: block.bytes)
    return stored == [digest.words.0, digest.words.1]
  }

  /// Bytes in the file.
  var byteCount: Int { bytes.count }

  /// The row of record `index` of the batch.
  func row(_ index: Int) -> JudgedRow {
    let start = JudgedBlock.headerByteCount + index * JudgedRow.byteCount
    return JudgedRow(reading: bytes.bytes(start..<start + JudgedRow.byteCount))
  }

  /// The row of record `index`, set apart if the stream was found to be corrupt behind it.
  ///
  /// - Parameters:
  ///   - offset: decoded bytes of the shard before the batch.
  ///   - doubt: from where on bytes are in doubt, and the number of the reason; nil for nowhere.
  func row(_ index: Int, offset: Int64, doubt: (from: Int64, reason: UInt16)?) -> JudgedRow {
    var row = row(index)
    guard let doubt, offset + Int64(row.start) + Int64(row.length) > doubt.from,
      row.outcome != .issue
    else { return row }
    row.outcome = .issue
    row.reason = doubt.reason
    row.rule = 0
    row.isSetApart = true
    return row
  }

  /// Notes its records in the summary of the shard.
  func count(in judged: inout JudgedShard) {
    judged.batches += 1
    judged.rows += rowCount
    for index in 0..<rowCount {
      let row = row(index)
      judged.recordBytes += Int64(row.length)
      if row.outcome != .clean && row.outcome != .tagged { judged.refused += 1 }
    }
  }

  /// The ids of all records in order, each behind its length (0xFFFFFFFF for none).
  var ids: UnsafeRawBufferPointer { bytes.bytes(idsStart..<matchesStart) }

  /// The matches, in the order of records.
  var matches: [JudgedMatch] {
    stride(from: matchesStart, to: bytes.count, by: JudgedMatch.byteCount).map { start in
      let all = bytes.bytes
      return JudgedMatch(
        record: all.loadUnaligned(fromByteOffset: start, as: UInt32.self),
        rule: all.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self),
        start: all.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self),
        length: all.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self))
    }
  }
}

/// What is known of a shard when all of it is judged.
struct JudgedShard: Codable, Equatable {
  var rows: Int
  var batches: Int
  var fileSize: Int64
  /// Decoded bytes.
  var bytes: Int64
  /// Decoded bytes that belong to records.
  var recordBytes: Int64
  /// Records that the screens or the reader do not let pass.
  var refused: Int
  var compression: String
  /// The reason, where the stream is damaged.
  var damage: String?
  /// Where the stream is corrupt: decoded bytes that are not in doubt.
  var trustedBytes: Int64?
}

/// Reads an intermediate file block by block.
final class JudgedFileReader {
  /// Decoded bytes of the shard before the block that comes next.
  private(set) var offset: Int64 = 0
  private let source: FileSource
  private let end: Int64
  private(set) var position: Int64 = 0
  /// No whole block stood at `position`: what may follow it belongs to no known place.
  private var isAtEnd = false

  /// Opens a whole file (with its summary behind it) or, at a temporary path, what there is.
  init(path: String, end: Int64? = nil) throws(StreamsError) {
    source = try FileSource(path: path)
    self.end = end ?? source.size
  }

  /// The next whole block; nil at the end or where the file stops making sense.
  func next() throws(StreamsError) -> JudgedBlock? {
    guard !isAtEnd, position < end, let block = try JudgedBlock(source, limit: end - position)
    else {
      isAtEnd = true
      return nil
    }
    position += Int64(block.byteCount)
    offset += Int64(block.batchByteCount)
    return block
  }
}
