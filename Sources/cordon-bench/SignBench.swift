import Deduplication
import Foundation

/// The steps that `cordon-bench sign` measures; each returns something of its result.
final class SignBench {
  private static let chunk = 1024

  private let texts: TextBlock
  private let reader = WordReader()
  private let hasher: ShingleHasher
  private let minHash: MinHash
  private let signer: DocumentSigner
  private let comparer: ShingleComparer
  private let jaccard: Double
  private var sketches = [UInt32](repeating: 0, count: SignBench.chunk)
  /// The words of all texts, one behind the other.
  private var words: [UInt32] = []
  private var ends: [Int] = [0]

  init(texts: TextBlock, settings: NearDuplicateSettings) {
    self.texts = texts
    hasher = ShingleHasher(length: settings.shingle)
    minHash = MinHash(bands: settings.bands, rows: settings.rows)
    signer = DocumentSigner(settings)
    comparer = ShingleComparer(shingle: settings.shingle)
    jaccard = settings.jaccard
    texts.forEach {
      reader.read($0)
      words.append(contentsOf: reader.words)
      ends.append(words.count)
    }
  }

  var wordCount: Int { words.count }

  /// What every step has to do at least.
  func readMemory() -> UInt64 {
    texts.withBytes { bytes in
      var sum: UInt64 = 0
      for word in bytes.bindMemory(to: UInt64.self) { sum &+= word }
      return sum
    }
  }

  func readWords() -> UInt64 {
    var sum: UInt64 = 0
    texts.forEach {
      reader.read($0)
      sum &+= UInt64(reader.words.last ?? 0)
    }
    return sum
  }

  func hashShingles() -> UInt64 { shingles(minimise: false) }

  func minimise() -> UInt64 { shingles(minimise: true) &- 1 }

  func sign() -> UInt64 {
    var sum: UInt64 = 0
    texts.forEach {
      signer.sign($0)
      sum &+= signer.keys[0]
    }
    return sum
  }

  func compareEqual() -> UInt64 { compare { $0 } }

  /// Each document with the one before: a candidate that is none ends early.
  func compareOther() -> UInt64 { compare { max(0, $0 - 1) } }

  /// The hashes of all shingles, and the minima over them: the second step holds the first.
  private func shingles(minimise: Bool) -> UInt64 {
    var sum: UInt64 = 0
    sketches.withUnsafeMutableBufferPointer { sketches in
      guard let target = sketches.baseAddress else { return }
      for document in 0..<ends.count - 1 {
        withWords(of: document) { words in
          minHash.begin()
          let count = hasher.count(words: words.count)
          for start in stride(from: 0, to: count, by: SignBench.chunk) {
            let range = start..<min(start + SignBench.chunk, count)
            hasher.sketches(of: words, range, into: target)
            sum &+= UInt64(target[0])
            if minimise { minHash.add(UnsafeBufferPointer(start: target, count: range.count)) }
          }
          if minimise { minHash.makeKeys() }
        }
      }
    }
    return sum &+ minHash.keys[0]
  }

  private func compare(with other: (Int) -> Int) -> UInt64 {
    var sum: UInt64 = 0
    for document in 0..<ends.count - 1 {
      withWords(of: document) { comparer.setFirst($0) }
      withWords(of: other(document)) {
        sum &+= UInt64(comparer.overlap(with: $0, atLeast: jaccard)?.shared ?? 0)
      }
    }
    return sum
  }

  private func withWords(of document: Int, _ body: (UnsafeBufferPointer<UInt32>) -> Void) {
    words.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[ends[document]..<ends[document + 1]]))
    }
  }
}
