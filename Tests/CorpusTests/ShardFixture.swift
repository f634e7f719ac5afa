@testable import Corpus
import Foundation
import Streams
import TestSupport
import Testing

/// A batch as the reader gave it, with the records that the cutter found in it.
struct ReadBatch {
  var index: Int
  var offset: Int
  var bytes: [UInt8]
  var continuation: Int
  var isCutShort: Bool
  var damage: StreamDamage?
  var spans: [RecordSpan]
}

/// A record's place in the decoded bytes of its shard.
struct Place: Equatable {
  var start: Int
  var contentEnd: Int
  var end: Int
  var issue: RecordIssue?
}

/// A shard that was read to its end.
struct ReadShard {
  var batches: [ReadBatch]
  var damage: StreamDamage?
  var trustedBytes: Int64?

  /// The records of all batches, by their place in the shard.
  var places: [Place] {
    batches.flatMap { batch in
      batch.spans.map {
        Place(
          start: batch.offset + $0.start, contentEnd: batch.offset + $0.contentEnd,
          end: batch.offset + $0.end, issue: $0.issue)
      }
    }
  }

  /// Where batches end.
  var cuts: [Int] { batches.map { $0.offset + $0.bytes.count } }

  var bytes: [UInt8] { batches.flatMap(\.bytes) }
}

/// Reads a file to its end, through a pool so small that every block is used again.
func readShard(_ path: String, _ format: ShardFormat = .jsonLines) throws -> ReadShard {
  let shard = Shard(path: path, name: "shard", format: format, size: 0, modified: 0)
  let reader = try BatchReader(shard, pool: BlockPool(limit: 2))
  var batches: [ReadBatch] = []
  while let batch = try reader.next() {
    var spans: [RecordSpan] = []
    RecordCutter.forEachRecord(in: batch, format: format) { spans.append($0) }
    batches.append(
      ReadBatch(
        index: batch.index, offset: Int(batch.offset), bytes: Array(batch.block.bytes),
        continuation: batch.continuation, isCutShort: batch.isCutShort, damage: batch.damage,
        spans: spans))
    reader.recycle(batch)
  }
  #expect(try reader.next() == nil, "behind the last batch there is none")
  return ReadShard(
    batches: batches, damage: reader.damage, trustedBytes: reader.trustedBytes)
}

/// Reads these bytes as a shard.
func readShard(_ bytes: [UInt8], _ format: ShardFormat = .jsonLines) throws -> ReadShard {
  try withScratchFile(bytes) { try readShard($0, format) }
}

/// One frame or member for each piece of the content, the pieces cut anywhere.
func encoded(_ pieces: [ArraySlice<UInt8>], _ compression: Compression) throws -> [UInt8] {
  let encoder = FrameEncoder(compression)
  let block = ByteBlock(capacity: 1 << 16)
  for piece in pieces { try piece.withUnsafeBytes { try encoder.encode($0, into: block) } }
  return Array(block.bytes)
}

/// `bytes` cut at `count` places.
func pieces(
  of bytes: [UInt8], count: Int, _ random: inout SeededGenerator
) -> [ArraySlice<UInt8>] {
  let inner = (0..<count).map { _ in Int.random(in: 0...bytes.count, using: &random) }
  let cuts = [0] + inner.sorted() + [bytes.count]
  return zip(cuts, cuts.dropFirst()).map { bytes[$0..<$1] }
}

/// Whether two runs of bytes are equal; `==` on megabytes is slow in a debug build.
func same(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  return left.withUnsafeBytes { left in
    right.withUnsafeBytes { right in
      guard let start = left.baseAddress, let other = right.baseAddress else { return true }
      return memcmp(start, other, left.count) == 0
    }
  }
}

func same(_ left: [UInt8], _ right: [UInt8]) -> Bool { same(left[...], right[...]) }

/// The records of decoded bytes, the slow way: a byte at a time.
func referencePlaces(_ bytes: [UInt8]) -> [Place] {
  var places: [Place] = []
  bytes.withUnsafeBufferPointer { bytes in
    var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var index = start
    while index <= bytes.count {
      if index == bytes.count || bytes[index] == 0x0A {
        let hasReturn = index > start && bytes[index - 1] == 0x0D
        let contentEnd = hasReturn ? index - 1 : index
        if contentEnd > start {
          places.append(
            Place(start: start, contentEnd: contentEnd, end: min(index + 1, bytes.count)))
        }
        start = index + 1
      }
      index += 1
    }
  }
  return places
}

/// Where batches of decoded bytes end: behind the first line feed at or after the target size.
func referenceCuts(_ bytes: [UInt8]) -> [Int] {
  var cuts: [Int] = []
  bytes.withUnsafeBufferPointer { bytes in
    var start = 0
    while start < bytes.count {
      var end = start + Batch.targetSize
      while end < bytes.count && bytes[end - 1] != 0x0A { end += 1 }
      end = min(end, bytes.count)
      cuts.append(end)
      start = end
    }
  }
  return cuts
}

/// Lines of every awkward kind, up to a few times the target size of a batch.
func randomLines(_ random: inout SeededGenerator, count: Int) -> [UInt8] {
  let target = Batch.targetSize
  var bytes: [UInt8] = Bool.random(using: &random) ? [0xEF, 0xBB, 0xBF] : []
  for line in 0..<count {
    let length =
      switch Int.random(in: 0..<24, using: &random) {
      case 0..<4: 0
      case 4..<8: Int.random(in: 1..<4, using: &random)
      case 8..<21: Int.random(in: 4..<40_000, using: &random)
      case 21: target + Int.random(in: -3...3, using: &random)
      // Ends where the batch would: the cut falls on, before and behind its line feed.
      case 22: max(0, target - bytes.count % target + Int.random(in: -2...2, using: &random))
      default: Int.random(in: target..<2 * target, using: &random)
      }
    var content = [UInt8](repeating: 0, count: length)
    content.withUnsafeMutableBytes { target in
      for start in stride(from: 0, to: length & ~7, by: 8) {
        target.storeBytes(of: random.next(), toByteOffset: start, as: UInt64.self)
      }
      for index in 0..<length where target[index] == 0x0A { target[index] = 0x0D }
    }
    // A file that begins with a magic number is no plain file.
    if line == 0 && !content.isEmpty { content[0] = UInt8(ascii: "{") }
    bytes += content
    let isLast = line == count - 1
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes += [0x0D, 0x0A]
    case 1: bytes += [0x0D, 0x0D, 0x0A]
    case 2: bytes += isLast ? [] : [0x0A]
    case 3: bytes += isLast ? [0x0D] : [0x0A]
    default: bytes += [0x0A]
    }
  }
  return bytes
}
