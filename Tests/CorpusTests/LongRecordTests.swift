@testable import Corpus
import Foundation
import Streams
import TestSupport
import Testing

/// Records at and above the limit of 64 MiB. Few cases, because each reads that much.
@Suite("Records that are too long", .serialized) struct LongRecordTests {
  private static let limit = Batch.recordLimit

  /// Lines of one repeated byte, `(length, ending)`.
  private func bytes(_ lines: [(Int, String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(lines.reduce(0) { $0 + $1.0 + 2 })
    for (number, line) in lines.enumerated() {
      bytes += [UInt8](repeating: UInt8(ascii: "a") + UInt8(number), count: line.0)
      bytes += Array(line.1.utf8)
    }
    return bytes
  }

  private func places(_ lines: [(Int, String)]) -> [Place] {
    var places: [Place] = []
    var start = 0
    for (length, ending) in lines {
      let end = start + length + ending.utf8.count
      if length > LongRecordTests.limit {
        // One record, of which the first 64 MiB are at hand.
        let cut = start + LongRecordTests.limit
        places.append(Place(start: start, contentEnd: cut, end: cut, issue: .tooLong))
      } else {
        places.append(Place(start: start, contentEnd: start + length, end: end))
      }
      start = end
    }
    return places
  }

  @Test("a record too long is one record; what stands around it is unharmed")
  func lines() throws {
    let limit = LongRecordTests.limit
    let target = Batch.targetSize
    let lines = [
      (5, "\n"), (limit + 1, "\n"), (7, "\r\n"), (limit + 3 * target - 2, "\r\n"),
      (limit + target + 1, "\n"), (3, "\n"), (limit + 9, ""),
    ]
    let bytes = bytes(lines)
    let plain = try readShard(bytes)
    #expect(plain.places == places(lines))
    #expect(plain.cuts.last == bytes.count)
    #expect(same(plain.bytes, bytes))
    let packed = try readShard(try encoded([bytes[...]], .zstd))
    #expect(packed.places == plain.places)
    #expect(packed.cuts == plain.cuts)
  }

  @Test("64 MiB is not too long, whatever ends the line")
  func atLimit() throws {
    for ending in ["\n", "\r\n", ""] {
      let lines = [(2, "\n"), (LongRecordTests.limit, ending)]
      #expect(try readShard(bytes(lines)).places == places(lines), "\(Array(ending.utf8))")
    }
  }

  @Test("a text shard above the limit is one record that is too long")
  func text() throws {
    let limit = LongRecordTests.limit
    let shard = try readShard(bytes([(limit + 2 * Batch.targetSize + 1, "\n")]), .text)
    #expect(
      shard.places == [Place(start: 0, contentEnd: limit, end: limit, issue: .tooLong)])
    #expect(shard.cuts.last == limit + 2 * Batch.targetSize + 2)
    let whole = try readShard(bytes([(limit - 1, "\n")]), .text)
    #expect(whole.places == [Place(start: 0, contentEnd: limit, end: limit)])
  }

  @Test("a stream that ends within a record too long has one more record: its damage")
  func damaged() throws {
    let limit = LongRecordTests.limit
    let content = bytes([(4, "\n"), (limit + Batch.targetSize + 77, "")])
    let packed = try encoded([content[...]], .zstd)
    let shard = try readShard(Array(packed.dropLast(2)))
    #expect(shard.damage == .truncated)
    let issues: [RecordIssue?] = [nil, .tooLong, .truncatedStream]
    #expect(shard.places.map(\.issue) == issues)
    let text = try readShard(Array(packed.dropLast(2)), .text)
    #expect(text.places.map(\.issue) == [.tooLong, .truncatedStream])
  }
}
