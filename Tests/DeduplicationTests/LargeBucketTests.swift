import Foundation
import Streams
import TestSupport
import Testing

@testable import Deduplication

@Suite("Large buckets") struct LargeBucketTests {
  /// The rule as it is written, pair by pair.
  private func rule(_ members: [Int], _ hazardous: Set<Int>) -> Set<[Int]> {
    let hazards = Set(members.filter { hazardous.contains($0) }.prefix(32))
    var pairs: Set<[Int]> = []
    for (place, member) in members.enumerated() {
      let partners =
        members.prefix(8) + hazards + members.dropFirst(place + 1).prefix(8)
      for partner in partners where partner != member {
        pairs.insert([min(member, partner), max(member, partner)])
      }
    }
    return pairs
  }

  @Test("the rule, against its words", arguments: [65, 66, 80, 200, 500], [0, 1, 9, 31, 33, 200])
  func pairs(count: Int, hazards: Int) throws {
    var random = SeededGenerator(seed: UInt64(count * 1000 + hazards))
    try withScratchFolder { folder throws in
      for _ in 0..<5 {
        var member = 0
        let members = (0..<count).map { _ in
          member += Int.random(in: 1...5, using: &random)
          return member
        }
        let hazardous = Set(members.shuffled(using: &random).prefix(hazards))
        let sort = ExternalSort<OrdinalPair>(
          folder: folder.path, name: "pairs", memory: 1 << 24, writers: 1,
          removesDuplicates: false)
        let writer = sort.writer()
        var bucket = LargeBucket()
        for member in members {
          bucket.note(UInt64(member), isHazardous: hazardous.contains(member))
        }
        for member in members { try bucket.pair(UInt64(member), into: writer) }
        let target = UnsafeMutableBufferPointer<OrdinalPair>.allocate(capacity: 1 << 16)
        defer { target.deallocate() }
        let got = try sort.sorted([writer]).next(into: target)
        let found = target[..<got].map { [Int($0.high), Int($0.low)] }
        let expected = rule(members, hazardous)
        #expect(found.count == expected.count, "each pair once")
        #expect(Set(found) == expected)
        #expect(bucket.pairCount == UInt64(got) && got <= 48 * count)
      }
    }
  }

  @Test("counts do not overflow")
  func saturation() {
    var counts = BucketCounts()
    counts.note(count: 65, pairs: 80)
    #expect(counts.skippedPairs == 65 * 64 / 2 - 80)
    counts.note(count: 1 << 40, pairs: 1)
    counts.add(counts)
    #expect(counts.skippedPairs == UInt64(Int64.max) && counts.largeBuckets == 4)
  }

  /// Families of the same few texts, all under one key in one band.
  private func corpus(_ count: Int, _ random: inout SeededGenerator) -> NearCorpus {
    var corpus = NearCorpus()
    for index in 0..<count {
      let family = UInt32.random(in: 0..<6, using: &random) * 100
      var words = (0..<20).map { family + UInt32($0) }
      words[Int.random(in: words.indices, using: &random)] = 10_000 + UInt32(index)
      corpus.documents.append(words)
      if index % 11 == 3 { corpus.refused.insert(index) }
      if index % 29 == 7 { corpus.hazardous.insert(index) }
    }
    corpus.refused.formUnion(corpus.hazardous)
    return corpus
  }

  @Test("one bucket with everything: the rule's pairs and no other", arguments: [64, 65, 300])
  func everything(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let corpus = corpus(count, &random)
    var truth = NearTruth(corpus: corpus, contagion: true)
    let all = count * (count - 1) / 2
    let compared = count < 65 ? nil : rule(Array(0..<count), corpus.hazardous)
    truth.compared = compared
    let expected = truth.resolve()
    try withScratchFolder { folder throws in
      // Band 5 holds all, the others nothing; the key at either end and within.
      for key in [0, 1 << 63, UInt64.max] {
        let (files, _) = try corpus.write(in: folder, shards: 3, batchRows: 1...100) { index in
          (0..<64).map { $0 == 5 ? key : UInt64(index * 64 + $0 + 1) << 20 }
        }
        // Gathered at once; gone through as it stands, 64 documents being all that is held.
        for (memory, threads) in [(1 << 26, 1), (2048, 1), (2048, 3)] {
          let found = try corpus.search(
            files, in: folder, memory: memory, threads: threads, contagion: true)
          #expect(found.verdicts == expected.verdicts)
          #expect(found.counts.candidates == Int64(compared?.count ?? all))
          #expect(found.counts.largeBuckets == (compared == nil ? 0 : 1))
          #expect(found.counts.skippedPairs == Int64(all - (compared?.count ?? all)))
        }
      }
    }
  }

  @Test("the same pairs skipped in each band are counted in each; compared ones are compared once")
  func severalBands() throws {
    var random = SeededGenerator(seed: 5)
    let corpus = corpus(200, &random)
    let compared = rule(Array(0..<200), corpus.hazardous).count
    try withScratchFolder { folder throws in
      let (files, _) = try corpus.write(in: folder, shards: 2, batchRows: 1...100) { index in
        (0..<64).map { $0 < 3 ? 9 : UInt64(index * 64 + $0) }
      }
      for memory in [1 << 26, 2048] {
        let counts = try corpus.search(files, in: folder, memory: memory, contagion: true).counts
        #expect(counts.candidates == Int64(compared))
        #expect(counts.largeBuckets == 3)
        #expect(counts.skippedPairs == 3 * Int64(199 * 100 - compared))
      }
    }
  }
}
