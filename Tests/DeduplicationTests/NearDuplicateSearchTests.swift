@testable import Deduplication
import Foundation
import Streams
import TestSupport
import Testing

@Suite("Near duplicates, contagion and survivors") struct NearDuplicateSearchTests {
  @Test("random corpora: every pair compared with every other", arguments: 0..<24)
  func bruteForce(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let isLong = ProcessInfo.processInfo.environment["CORDON_LONG"] != nil
    for round in 0..<(isLong ? 200 : 20) {
      let corpus = NearCorpus.random(&random, count: Int.random(in: 0...40, using: &random))
      try withScratchFolder { folder throws in
        let shards = Int.random(in: 1...4, using: &random)
        let (files, _) = try corpus.write(in: folder, shards: shards, seed: random.next())
        for contagion in [true, false] {
          let found = try corpus.search(
            files, in: folder, memory: round % 2 == 0 ? 4096 : 1 << 20, threads: 1 + round % 3,
            contagion: contagion)
          let truth = NearTruth(corpus: corpus, contagion: contagion).resolve()
          #expect(found.verdicts == truth.verdicts, "seed \(seed), round \(round)")
          #expect(found.counts.edges == Int64(truth.edges))
          #expect(found.counts.clusters == Int64(truth.clusters))
          #expect(found.counts.candidates >= found.counts.edges)
          #expect(found.counts.largeBuckets == 0 && found.counts.skippedPairs == 0)
        }
      }
    }
  }

  @Test(
    "the corpora tell every wrong rule from the right one", arguments: NearTruth.Mutation.allCases)
  func mutants(mutation: NearTruth.Mutation) throws {
    var random = SeededGenerator(seed: 77)
    var caught = 0
    for _ in 0..<150 {
      let corpus = NearCorpus.random(&random, count: 30)
      var wrong = NearTruth(corpus: corpus, contagion: true)
      let right = wrong.resolve()
      wrong.mutation = mutation
      if wrong.resolve().verdicts != right.verdicts { caught += 1 }
    }
    #expect(caught >= 5)
  }

  @Test("a chain A-B-C is one cluster; its hazardous, smallest end reaches B alone")
  func chain() throws {
    // Each shares 9 of 15 shingles with the next and 6 of 18 with the one after it.
    var corpus = NearCorpus()
    corpus.documents = (0..<4).map { step in (0..<14).map { UInt32(step * 3 + $0) } }
    corpus.hazardous = [0]
    corpus.refused = [0]
    try withScratchFolder { folder throws in
      let (files, _) = try corpus.write(in: folder, shards: 2)
      let with = try corpus.search(files, in: folder, contagion: true)
      #expect(with.verdicts.map(\.ordinal) == [1, 3])
      #expect(with.verdicts.map(\.isContagion) == [true, false])
      #expect(with.verdicts.map(\.cluster) == [0, 0])
      #expect(with.verdicts.map(\.neighbour) == [0, 2])
      #expect(with.verdicts.map(\.survivor) == [NearVerdict.none, 2])
      #expect(with.verdicts.allSatisfy { $0.shared == 9 && $0.united == 15 })
      let without = try corpus.search(files, in: folder, contagion: false)
      #expect(without.verdicts.map(\.ordinal) == [2, 3])
      #expect(without.verdicts.map(\.survivor) == [1, 1])
      // 3 has no edge to 1: its edge to 2 condemns it.
      #expect(without.verdicts.map(\.neighbour) == [1, 2])
      #expect(without.counts.clusters == 1 && without.counts.edges == 3)
    }
  }

  @Test("a pair that agrees in one band alone is found, whichever it is")
  func everyBand() throws {
    var corpus = NearCorpus()
    corpus.documents = [Array(0..<20), Array(0..<20) + [99]]
    try withScratchFolder { folder throws in
      for band in 0..<64 {
        let (files, _) = try corpus.write(in: folder, shards: 1) { index in
          (0..<64).map { $0 == band ? 7 : UInt64(index * 64 + $0) << 32 }
        }
        let found = try corpus.search(files, in: folder, contagion: true)
        #expect(found.verdicts.map(\.ordinal) == [1])
        #expect(found.counts.candidates == 1)
      }
    }
  }

  @Test("keys at the ends of the ranges meet their like", arguments: [1, 2, 3, 7, 64, 1000])
  func keyRanges(count: Int) {
    var next: UInt64 = 0
    for index in 0..<count {
      let range = KeyRange.part(index, of: count)
      #expect(range.first == next && range.last >= range.first)
      next = range.last &+ 1
    }
    #expect(next == 0, "the last range ends with the last key")
  }

  @Test("the answer depends on neither memory nor threads", arguments: 0..<4)
  func sameAnswer(seed: UInt64) throws {
    var random = SeededGenerator(seed: 900 + seed)
    let corpus = NearCorpus.random(&random, count: 900, vocabulary: 1 << 30)
    try withScratchFolder { folder throws in
      let (files, rows) = try corpus.write(in: folder, shards: 5, batchRows: 1...60)
      #expect(rows.reduce(0, +) == 900)
      let expected = try corpus.search(files, in: folder, contagion: seed % 2 == 0)
      #expect(expected.verdicts.count > 100)
      for (memory, threads) in [(4096, 1), (16 << 10, 4), (40_000, 2), (300_000, 3), (1 << 30, 4)] {
        let found = try corpus.search(
          files, in: folder, memory: memory, threads: threads, contagion: seed % 2 == 0)
        #expect(found.verdicts == expected.verdicts, "memory \(memory), threads \(threads)")
        #expect(found.counts == expected.counts)
        #expect(!Folder.exists(folder.path + "/near"), "no file of a search is left")
      }
    }
  }

  @Test("an error of the caller ends the search and leaves no file")
  func callerError() throws {
    struct Stop: Error {}
    var corpus = NearCorpus()
    corpus.documents = [Array(0..<20), Array(0..<20)]
    try withScratchFolder { folder throws in
      let (files, _) = try corpus.write(in: folder, shards: 1)
      let search = try NearDuplicateSearch(
        settings: NearCorpus.settings, files: SignatureSource.numbered(files),
        seal: NearCorpus.seal, folder: folder.path,
        memory: 1 << 20, threads: 2)
      let none = DocumentSet(count: 2)
      #expect(throws: Stop.self) {
        try search.run(active: .all(count: 2), refused: none, hazardous: none, contagion: true) {
          _ in throw Stop()
        }
      }
      #expect(!Folder.exists(folder.path + "/near"))
    }
  }

  @Test("clusters that do not fit say what would do")
  func memory() throws {
    var random = SeededGenerator(seed: 3)
    let corpus = NearCorpus.random(&random, count: 600)
    try withScratchFolder { folder throws in
      let (files, _) = try corpus.write(in: folder, shards: 1)
      let error = #expect(throws: DeduplicationError.self) {
        _ = try corpus.search(files, in: folder, memory: 256, contagion: true)
      }
      #expect(error?.code == .memory && error?.consequence == .resource)
      #expect(error?.description.contains("--memory 1MiB") == true)
    }
  }
}
