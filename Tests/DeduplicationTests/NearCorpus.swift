import Deduplication
import Foundation
import Streams
import TestSupport

/// Invented documents of numbered words, with what a curation run would know of them.
struct NearCorpus {
  /// The words of each document; empty takes no part.
  var documents: [[UInt32]] = []
  /// Not the first of its text.
  var copies: Set<Int> = []
  var refused: Set<Int> = []
  /// Refused as well.
  var hazardous: Set<Int> = []

  static let shingle = 3
  static let settings = NearDuplicateSettings(shingle: shingle, jaccard: 0.5, bands: 64, rows: 1)
  static let key = [UInt8](repeating: 0x5A, count: 32)
  static let seal = BatchSeal(keyBytes: key)

  func documentSet(_ members: Set<Int>) -> DocumentSet {
    var set = DocumentSet(count: UInt64(documents.count))
    for member in members { set.insert(UInt64(member)) }
    return set
  }

  var active: DocumentSet { documentSet(Set(documents.indices).subtracting(copies)) }

  static func shingles(_ words: [UInt32]) -> Set<[UInt32]> {
    if words.isEmpty { return [] }
    guard words.count >= shingle else { return [words] }
    return Set((0...words.count - shingle).map { Array(words[$0..<$0 + shingle]) })
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var generator = SeededGenerator(seed: value)
    return generator.next()
  }

  /// The least hash of a document's shingles in each band: with 64 bands of one row a pair at 0.5
  /// is missed with probability 2^-64. Not the product's own signatures.
  static func keys(_ words: [UInt32], bands: Int = 64) -> [UInt64] {
    let hashes = shingles(words).map { $0.reduce(UInt64($0.count)) { mix($0 ^ UInt64($1)) } }
    return (0..<bands).map { band in
      hashes.map { mix($0 ^ UInt64(band) << 32) }.min() ?? 0
    }
  }

  /// Writes the signatures as shards and batches of random sizes.
  ///
  /// - Returns: the paths, and the rows of each.
  func write(
    in folder: URL, shards: Int, batchRows: ClosedRange<Int> = 1...9, seed: UInt64 = 1,
    keys: ((Int) -> [UInt64])? = nil, bands: Int = 64
  ) throws -> (files: [String], rows: [UInt64]) {
    var random = SeededGenerator(seed: seed)
    var cuts = (0..<shards - 1).map { _ in Int.random(in: 0...documents.count, using: &random) }
    cuts = [0] + cuts.sorted() + [documents.count]
    var files: [String] = []
    let batch = SignatureBatch(bands: bands)
    for shard in 0..<shards {
      let block = ByteBlock(capacity: 1)
      var row = cuts[shard]
      var number = 0
      while row < cuts[shard + 1] {
        let end = min(cuts[shard + 1], row + Int.random(in: batchRows, using: &random))
        batch.begin()
        for index in row..<end {
          let words = documents[index]
          if words.isEmpty && index % 2 == 0 {
            batch.appendNone()
          } else {
            words.withUnsafeBufferPointer { words in
              (keys?(index) ?? NearCorpus.keys(documents[index], bands: bands))
                .withUnsafeBufferPointer { batch.append(words: words, keys: $0) }
            }
          }
        }
        batch.encode(batch: number, shard: shard, seal: NearCorpus.seal, into: block)
        number += 1
        row = end
        // A batch without records is a batch too.
        if Int.random(in: 0..<8, using: &random) == 0 {
          batch.begin()
          batch.encode(batch: number, shard: shard, seal: NearCorpus.seal, into: block)
          number += 1
        }
      }
      let path = folder.appendingPathComponent("signatures-\(shard)").path
      try Data(block.bytes).write(to: URL(fileURLWithPath: path))
      files.append(path)
    }
    return (files, (0..<shards).map { UInt64(cuts[$0 + 1] - cuts[$0]) })
  }

  /// What the product says.
  func search(
    _ files: [String], in folder: URL, memory: Int = 64 << 20, threads: Int = 1,
    contagion: Bool, settings: NearDuplicateSettings = NearCorpus.settings
  ) throws -> (verdicts: [NearVerdict], counts: NearDuplicateCounts) {
    let search = try NearDuplicateSearch(
      settings: settings, files: SignatureSource.numbered(files), seal: NearCorpus.seal,
      folder: folder.path,
      memory: memory, threads: threads)
    var verdicts: [NearVerdict] = []
    let counts = try search.run(
      active: active, refused: documentSet(refused), hazardous: documentSet(hazardous),
      contagion: contagion
    ) { verdicts.append($0) }
    return (verdicts, counts)
  }
}

extension NearCorpus {
  /// Families of edited texts, chains of edits, short texts, and none at all.
  static func random(_ random: inout SeededGenerator, count: Int, vocabulary: Int = 4000)
    -> NearCorpus
  {
    func word(_ random: inout SeededGenerator) -> UInt32 {
      UInt32.random(in: 0..<UInt32(vocabulary), using: &random)
    }
    var corpus = NearCorpus()
    while corpus.documents.count < count {
      let kind = Int.random(in: 0..<10, using: &random)
      if kind < 3 || corpus.documents.isEmpty {
        let length = Int.random(in: kind == 0 ? 0...4 : 5...30, using: &random)
        corpus.documents.append((0..<length).map { _ in word(&random) })
        continue
      }
      // Of a recent one, so that chains grow.
      let back = Int.random(in: 1...min(6, corpus.documents.count), using: &random)
      var words = corpus.documents[corpus.documents.count - back]
      for _ in 0..<Int.random(in: 0...3, using: &random) where !words.isEmpty {
        let place = Int.random(in: words.indices, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: words[place] = word(&random)
        case 1: words.remove(at: place)
        default: words.insert(word(&random), at: place)
        }
      }
      corpus.documents.append(words)
    }
    corpus.documents.shuffle(using: &random)
    var texts: Set<[UInt32]> = []
    for (index, words) in corpus.documents.enumerated() {
      // Half of the copies are left active: the search must not rely on there being none.
      let isCopy = !texts.insert(words).inserted
      if isCopy && Bool.random(using: &random) { corpus.copies.insert(index) }
      switch Int.random(in: 0..<10, using: &random) {
      case 0:
        corpus.hazardous.insert(index)
        corpus.refused.insert(index)
      case 1: corpus.refused.insert(index)
      default: break
      }
    }
    return corpus
  }
}
