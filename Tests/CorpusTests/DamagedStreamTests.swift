@testable import Corpus
import Foundation
import Streams
import TestSupport
import Testing

@Suite("Damaged streams") struct DamagedStreamTests {
  private static let packed: [Compression] = [.gzip, .zstd, .lz4]

  /// Lines that compress, so that a cut byte takes many lines with it.
  private func lines(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    (0..<count).flatMap { row -> [UInt8] in
      let word = Int.random(in: 0..<9, using: &random)
      let text = String(repeating: "word\(word) ", count: word)
      return Array("{\"id\":\(row),\"text\":\"\(text)\"}\n".utf8)
    }
  }

  /// The whole lines of what was decoded, and one record for the rest.
  private func expectOneMore(_ shard: ReadShard, _ issue: RecordIssue, _ what: String) {
    let bytes = shard.bytes
    let whole = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let rest = Place(start: whole, contentEnd: bytes.count, end: bytes.count, issue: issue)
    let expected = referencePlaces(Array(bytes[..<whole])) + [rest]
    #expect(shard.places == expected, "\(what)")
    #expect(shard.batches.dropLast().allSatisfy { $0.damage == nil }, "\(what)")
    #expect(shard.batches.last?.damage == shard.damage, "\(what)")
  }

  @Test("a truncated stream: every whole line, then one record", arguments: packed)
  func truncated(compression: Compression) throws {
    var random = SeededGenerator(seed: 11)
    let bytes = lines(600, &random)
    let frames = pieces(of: bytes, count: 2, &random)
    let whole = try encoded(frames, compression)
    var boundaries: Set<Int> = []
    for count in 0...frames.count {
      boundaries.insert(try encoded(Array(frames[..<count]), compression).count)
    }
    let cuts = (0..<60).map { _ in Int.random(in: 4..<whole.count, using: &random) }
    for cut in cuts where !boundaries.contains(cut) {
      let shard = try readShard(Array(whole[..<cut]))
      #expect(shard.damage == .truncated, "cut at \(cut)")
      #expect(same(shard.bytes[...], bytes.prefix(shard.bytes.count)), "cut at \(cut)")
      #expect(shard.trustedBytes == nil, "what was decoded before a mere end is not in doubt")
      expectOneMore(shard, .truncatedStream, "\(compression) cut at \(cut)")
    }
  }

  @Test("a flipped byte: one record more, and nothing of its frame is trusted", arguments: packed)
  func corrupt(compression: Compression) throws {
    var random = SeededGenerator(seed: 12)
    let bytes = lines(900, &random)
    let third = bytes.count / 3
    let frames = [bytes[..<third], bytes[third..<2 * third], bytes[(2 * third)...]]
    let sizes = try frames.map { try encoded([$0], compression).count }
    let whole = try encoded(frames, compression)
    for _ in 0..<60 {
      let frame = Int.random(in: 0..<3, using: &random)
      let start = sizes[..<frame].reduce(0, +)
      // Behind the header: some of gzip's is covered by no checksum.
      let index = start + Int.random(in: 16..<sizes[frame], using: &random)
      var damaged = whole
      damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let shard = try readShard(damaged)
      let what = "\(compression) byte \(index)"
      #expect(shard.damage == .corrupt || shard.damage == .truncated, "\(what)")
      guard let damage = shard.damage else { continue }
      expectOneMore(shard, RecordIssue(damage), what)
      let before = frames[..<frame].reduce(0) { $0 + $1.count }
      #expect(same(shard.bytes.prefix(before), bytes[..<before]), "\(what)")
      guard damage == .corrupt else { continue }
      #expect(shard.trustedBytes == Int64(before), "\(what)")
    }
  }

  @Test("what follows the last frame and is none is damage", arguments: packed)
  func trailingGarbage(compression: Compression) throws {
    var random = SeededGenerator(seed: 13)
    let bytes = lines(50, &random)
    let shard = try readShard(try encoded([bytes[...]], compression) + Array("garbage".utf8))
    #expect(same(shard.bytes, bytes))
    #expect(shard.damage == .corrupt)
    #expect(shard.trustedBytes == Int64(bytes.count))
    expectOneMore(shard, .corruptStream, "\(compression)")
    #expect(shard.places.count == 51)
    #expect(shard.places.last?.start == shard.places.last?.end)
  }

  @Test("damage behind more than one batch is told in the last alone", arguments: packed)
  func manyBatches(compression: Compression) throws {
    var random = SeededGenerator(seed: 14)
    let bytes = randomLines(&random, count: 150)
    #expect(bytes.count > 2 * Batch.targetSize)
    let whole = try encoded(pieces(of: bytes, count: 5, &random), compression)
    let shard = try readShard(Array(whole.dropLast(1)))
    #expect(shard.damage == .truncated)
    #expect(same(shard.bytes[...], bytes.prefix(shard.bytes.count)))
    #expect(
      Array(shard.cuts.dropLast()) == Array(referenceCuts(bytes).prefix(shard.cuts.count - 1)))
    let issues = shard.places.compactMap(\.issue)
    #expect(issues == [.truncatedStream])
    #expect(shard.places.last?.issue == .truncatedStream)
  }

  @Test("a damaged text shard is one record", arguments: packed)
  func text(compression: Compression) throws {
    var random = SeededGenerator(seed: 15)
    let bytes = lines(200, &random)
    let whole = try encoded([bytes[...]], compression)
    for cut in [whole.count - 1, whole.count / 2, 8] {
      let shard = try readShard(Array(whole[..<cut]), .text)
      #expect(shard.places.map(\.issue) == [.truncatedStream], "cut at \(cut)")
      #expect(shard.places.first?.end == shard.bytes.count)
    }
  }

  @Test("a shard of nothing but damage has a batch without bytes and one record")
  func nothingButDamage() throws {
    let gzip: [UInt8] = [0x1F, 0x8B, 0xFF, 0, 0, 0, 0, 0, 0, 0]
    for format in ShardFormat.allCases {
      let shard = try readShard(gzip, format)
      #expect(shard.bytes.isEmpty)
      #expect(
        shard.places == [Place(start: 0, contentEnd: 0, end: 0, issue: .corruptStream)])
    }
  }
}
