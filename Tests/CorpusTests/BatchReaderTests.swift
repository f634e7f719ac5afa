@testable import Corpus
import Foundation
import Streams
import TestSupport
import Testing

@Suite("Batches and records") struct BatchReaderTests {
  @Test("random lines: whole, in order, cut by content, in every compression", arguments: 0..<6)
  func randomShards(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 3...60, using: &random)
    let bytes = randomLines(&random, count: count)
    let places = referencePlaces(bytes)
    let cuts = referenceCuts(bytes)
    for compression in Compression.allCases {
      let frames = pieces(of: bytes, count: compression == .none ? 0 : 4, &random)
      let shard = try readShard(try encoded(frames, compression))
      #expect(same(shard.bytes, bytes), "\(compression)")
      #expect(shard.cuts == cuts, "\(compression)")
      #expect(shard.places == places, "\(compression)")
      #expect(shard.damage == nil)
      #expect(shard.batches.map(\.index) == Array(shard.batches.indices))
      let sizes = shard.batches.map(\.bytes.count)
      #expect(shard.batches.map(\.offset) == sizes.indices.map { sizes[..<$0].reduce(0, +) })
      #expect(shard.batches.allSatisfy { !$0.isCutShort && $0.continuation == 0 })
    }
  }

  @Test("records around the target size end the batch that they fill", arguments: -3...3)
  func aroundTarget(distance: Int) throws {
    let length = Batch.targetSize + distance
    for ending in [[0x0A], [0x0D, 0x0A]] as [[UInt8]] {
      let record = [UInt8](repeating: UInt8(ascii: "a"), count: length - ending.count) + ending
      let bytes = record + Array("b\n".utf8) + record + Array("c".utf8)
      let shard = try readShard(bytes)
      #expect(shard.cuts == referenceCuts(bytes))
      #expect(shard.places == referencePlaces(bytes))
      #expect(shard.places.count == 4)
      // From the target on the record alone is the batch; below it takes the next ones along.
      guard distance > -3 else { continue }
      #expect(shard.cuts.first == (distance >= 0 ? length : length + 2))
    }
  }

  @Test(
    "what is no record",
    arguments: [
      ("", 0), ("\n", 0), ("\r\n", 0), ("\n\n\r\n\n", 0), ("\u{FEFF}", 0), ("\u{FEFF}\n", 0),
      ("\u{FEFF}\r\n\n", 0), ("a", 1), ("a\r", 1), ("a\n\n\nb", 2), ("\u{FEFF}a\nb\n", 2),
      (" \n", 1), ("\r\r\n", 1), ("a\n\u{FEFF}b\n", 2), ("\r", 0),
    ]) func blankLines(text: String, records: Int) throws
  {
    let shard = try readShard(Array(text.utf8))
    #expect(shard.places == referencePlaces(Array(text.utf8)))
    #expect(shard.places.count == records)
    #expect(shard.batches.count == (text.isEmpty ? 0 : 1))
  }

  @Test("a byte-order mark is the file's at its beginning only, not at a batch's")
  func markBehindCut() throws {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let first = [UInt8](repeating: UInt8(ascii: "a"), count: Batch.targetSize) + [0x0A]
    let bytes = mark + first + mark + Array("b\n".utf8)
    let shard = try readShard(bytes)
    #expect(shard.cuts == [first.count + 3, bytes.count])
    #expect(shard.places == referencePlaces(bytes))
    #expect(shard.places.map(\.start) == [3, first.count + 3])
  }

  @Test("empty shards, and shards of empty frames, have no batch")
  func empty() throws {
    for compression in Compression.allCases {
      let none: ArraySlice<UInt8> = []
      for frames in [[], [none], [none, none]] {
        let shard = try readShard(try encoded(frames, compression))
        #expect(shard.batches.isEmpty)
        #expect(shard.damage == nil)
        #expect(try readShard(try encoded(frames, compression), .text).batches.isEmpty)
      }
    }
  }

  @Test("a text shard is one record, whatever it holds", arguments: Compression.allCases)
  func text(compression: Compression) throws {
    var random = SeededGenerator(seed: 7)
    for count in [1, 3, 40] {
      let bytes = Array("t".utf8) + randomLines(&random, count: count)
      let frames = pieces(of: bytes, count: compression == .none ? 0 : 3, &random)
      let shard = try readShard(try encoded(frames, compression), .text)
      #expect(same(shard.bytes, bytes))
      #expect(shard.places == [Place(start: 0, contentEnd: bytes.count, end: bytes.count)])
      #expect(shard.batches.count == 1)
    }
  }

  @Test("the bytes behind a batch may be read", arguments: [1, 63, 64, 65, 4096])
  func slack(count: Int) throws {
    try withScratchFile([UInt8](repeating: UInt8(ascii: "x"), count: count)) { path in
      let shard = Shard(path: path, name: "s", format: .jsonLines, size: 0, modified: 0)
      let reader = try BatchReader(shard, pool: BlockPool(limit: 1, capacity: 1))
      let batch = try #require(try reader.next())
      #expect(batch.block.capacity >= batch.block.count)
      #expect(batch.block.count == count)
    }
  }

  @Test("a missing shard is an error that names it") func missing() {
    let shard = Shard(path: "/nowhere/a", name: "a", format: .text, size: 0, modified: 0)
    let error = #expect(throws: StreamsError.self) {
      _ = try BatchReader(shard, pool: BlockPool(limit: 1))
    }
    #expect(error?.code == .missing)
    #expect(error?.description.contains("/nowhere/a") == true)
  }
}
