import Foundation
import Streams
import TestSupport
import Testing

@testable import Deduplication

@Suite("Signature files") struct SignatureFileTests {
  private func corpus(_ seed: UInt64, count: Int = 30) -> NearCorpus {
    var random = SeededGenerator(seed: seed)
    return NearCorpus.random(&random, count: count)
  }

  @Test("words and keys come back by row", arguments: 0..<4)
  func roundTrip(seed: UInt64) throws {
    let corpus = corpus(seed)
    try withScratchFolder { folder throws in
      let (files, rows) = try corpus.write(in: folder, shards: 3, seed: seed)
      var index = 0
      for (shard, path) in files.enumerated() {
        let file = try SignatureFile(path: path, shard: shard, seal: NearCorpus.seal)
        #expect(file.rowCount == rows[shard])
        // Backwards too: nothing depends on what was read before.
        let numbers = Array(0..<file.rowCount)
        for row in numbers + numbers.reversed() {
          let words = corpus.documents[index + Int(row)]
          #expect(try file.words(ofRow: row) == words)
          if !words.isEmpty { #expect(try file.keys(ofRow: row) == NearCorpus.keys(words)) }
        }
        index += Int(file.rowCount)
      }
    }
  }

  @Test("the bytes of a block are those that its layout states")
  func layout() throws {
    let batch = SignatureBatch(bands: 2)
    batch.begin()
    let words: [UInt32] = [0xA1, 0xA2, 0xA3]
    words.withUnsafeBufferPointer { words in
      [0xB1, 0xB2].withUnsafeBufferPointer { batch.append(words: words, keys: $0) }
    }
    batch.appendNone()
    let block = ByteBlock(capacity: 1)
    #expect(batch.count == 2)
    batch.encode(batch: 5, shard: 3, seal: NearCorpus.seal, into: block)
    #expect(block.count == batch.byteCount)
    let numbers = stride(from: 16, to: block.count, by: 4).map {
      block.bytes.load(fromByteOffset: $0, as: UInt32.self)
    }
    let header: [UInt32] = [0x3142_5343, 2, 2, 0, 5, 0, 3, 0]
    let starts: [UInt32] = [0, 3, 3, 0]
    let keys: [UInt32] = [0xB1, 0, 0, 0, 0xB2, 0, 0, 0]
    #expect(numbers == header + starts + keys + words + [0])
    let rest = UnsafeRawBufferPointer(rebasing: block.bytes[16...])
    let tag = NearCorpus.seal.tag(of: rest, shard: 1 << 30 + 3, batch: 5)
    #expect(Array(block.bytes[..<16]) == tag, "no nonce of an input batch")
    // The same batch again, behind the first block: the same bytes.
    let size = block.count
    batch.encode(batch: 5, shard: 3, seal: NearCorpus.seal, into: block)
    #expect(block.bytes[..<size].elementsEqual(block.bytes[size...]))
  }

  @Test("any changed byte is found, by the file and by the search")
  func changedByte() throws {
    let corpus = corpus(8, count: 6)
    try withScratchFolder { folder throws in
      let (files, _) = try corpus.write(in: folder, shards: 1, batchRows: 3...3)
      let whole = try Data(contentsOf: URL(fileURLWithPath: files[0]))
      for place in stride(from: 0, to: whole.count, by: step(whole.count)) {
        var bytes = whole
        bytes[place] ^= 0x10
        try bytes.write(to: URL(fileURLWithPath: files[0]))
        let error = #expect(throws: DeduplicationError.self, "byte \(place)") {
          _ = try SignatureFile(path: files[0], shard: 0, seal: NearCorpus.seal)
        }
        #expect(error?.code == .damagedSignatures && error?.consequence == .usage)
        #expect(error?.description == "\(files[0]): is damaged; start anew with --fresh")
        let other = #expect(throws: DeduplicationError.self, "byte \(place)") {
          _ = try corpus.search(files, in: folder, threads: 2, contagion: true)
        }
        #expect(other == error)
      }
    }
  }

  /// All bytes of the first kilobyte would take long: a prime number apart.
  private func step(_ count: Int) -> Int { count < 3000 ? 1 : 13 }

  @Test("a partial file: the ends of its whole blocks; a whole search refuses it")
  func truncated() throws {
    let corpus = corpus(9, count: 12)
    try withScratchFolder { folder throws in
      let (files, rows) = try corpus.write(in: folder, shards: 1, batchRows: 3...3)
      let whole = try Data(contentsOf: URL(fileURLWithPath: files[0]))
      let ends = try SignatureFile.wholeBlocks(path: files[0], shard: 0, seal: NearCorpus.seal)
      #expect(ends.count >= 4 && ends.last == Int64(whole.count))
      for size in stride(from: 0, through: whole.count, by: 7).map({ $0 }) + ends.map({ Int($0) }) {
        try whole.prefix(size).write(to: URL(fileURLWithPath: files[0]))
        let found = try SignatureFile.wholeBlocks(path: files[0], shard: 0, seal: NearCorpus.seal)
        #expect(found == ends.filter { $0 <= size })
        if size == whole.count { continue }
        #expect(throws: DeduplicationError.self) {
          _ = try corpus.search(files, in: folder, contagion: true)
        }
        #expect(throws: DeduplicationError.self) {
          _ = try NearDuplicateSearch(
            settings: NearCorpus.settings, files: SignatureSource.numbered(files), rows: rows,
            seal: NearCorpus.seal,
            folder: folder.path, memory: 1 << 20, threads: 1)
        }
      }
    }
  }

  @Test("a block under another number, shard, key or number of bands is not ours")
  func foreign() throws {
    let corpus = corpus(10, count: 9)
    try withScratchFolder { folder throws in
      let (files, _) = try corpus.write(in: folder, shards: 1, batchRows: 3...3)
      func expectDamage(shard: Int = 0, seal: BatchSeal = NearCorpus.seal) throws {
        #expect(throws: DeduplicationError.self) {
          _ = try SignatureFile(path: files[0], shard: shard, seal: seal)
        }
        let ends = try SignatureFile.wholeBlocks(path: files[0], shard: shard, seal: seal)
        #expect(ends.isEmpty)
      }
      try expectDamage(shard: 1)
      try expectDamage(seal: BatchSeal())
      #expect(throws: DeduplicationError.self) {
        let settings = NearDuplicateSettings(shingle: 3, jaccard: 0.5, bands: 32, rows: 1)
        _ = try corpus.search(files, in: folder, contagion: true, settings: settings)
      }
      // The second block first.
      let whole = try Data(contentsOf: URL(fileURLWithPath: files[0]))
      let ends = try SignatureFile.wholeBlocks(path: files[0], shard: 0, seal: NearCorpus.seal)
      let swapped = whole[ends[0]..<ends[1]] + whole[..<ends[0]] + whole[ends[1]...]
      try swapped.write(to: URL(fileURLWithPath: files[0]))
      try expectDamage()
    }
  }

  @Test("a file that shrinks or goes while it is searched is an error, never a crash")
  func shrinks() throws {
    let corpus = corpus(11)
    try withScratchFolder { folder throws in
      let (files, _) = try corpus.write(in: folder, shards: 2)
      let search = try NearDuplicateSearch(
        settings: NearCorpus.settings, files: SignatureSource.numbered(files),
        seal: NearCorpus.seal, folder: folder.path,
        memory: 1 << 20, threads: 2)
      let none = DocumentSet(count: 30)
      try Data([1]).write(to: URL(fileURLWithPath: files[1]))
      for _ in 0..<2 {
        let error = #expect(throws: DeduplicationError.self) {
          _ = try search.run(
            active: .all(count: 30), refused: none, hazardous: none, contagion: true
          ) { _ in }
        }
        #expect(error?.place == files[1])
        try Folder.remove(files[1])
      }
    }
  }

  @Test("more shards than descriptors")
  func manyShards() throws {
    let corpus = corpus(12, count: 400)
    try withScratchFolder { folder throws in
      let (files, _) = try corpus.write(in: folder, shards: 300)
      let (one, _) = try corpus.write(in: folder, shards: 1)
      let alone = try corpus.search(one, in: folder, contagion: true)
      // Writing one file overwrote the first of the many.
      _ = try corpus.write(in: folder, shards: 300)
      let found = try corpus.search(files, in: folder, threads: 3, contagion: true)
      #expect(found.verdicts == alone.verdicts && found.counts == alone.counts)
    }
  }
}
