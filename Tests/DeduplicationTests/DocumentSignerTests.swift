import Deduplication
import TestSupport
import Testing

@Suite("Signatures") struct DocumentSignerTests {
  private func keys(_ signer: DocumentSigner, _ text: String) -> [UInt64] {
    Array(text.utf8).withUnsafeBytes { signer.sign($0) }
    return Array(signer.keys)
  }

  /// Two documents of as many shingles, of which they share the wanted part.
  private func pair(_ number: Int, words count: Int, shared: Int) -> (String, String) {
    let common = (0..<shared).map { "c\(number)x\($0)" }
    let a = (shared..<count).map { "a\(number)x\($0)" }
    let b = (shared..<count).map { "b\(number)x\($0)" }
    return ((common + a).joined(separator: " "), (b + common).joined(separator: " "))
  }

  @Test("A signature is a function of the set of shingles") func signatureOfTheSet() {
    let signer = DocumentSigner(NearDuplicateSettings(shingle: 2))
    let keys = keys(signer, "to be or to be or to be or")
    #expect(keys.count == 28)
    #expect(keys == self.keys(signer, "Or, TO be: or to BE."))
    #expect(keys != self.keys(signer, "to be or to be or not"))
    #expect(Set(keys).count == 28, "bands are told apart")
    #expect(
      keys == self.keys(DocumentSigner(NearDuplicateSettings(shingle: 2)), "to be or to be or"))
  }

  @Test("Documents without a word have none to show") func noWords() {
    let signer = DocumentSigner(NearDuplicateSettings())
    for text in ["", " ", "...", "—“”—", "\u{0}"] {
      _ = keys(signer, text)
      #expect(signer.words.isEmpty)
    }
    _ = keys(signer, "a word")
    #expect(signer.words.count == 2)
  }

  /// What is spilled by one build is compared by another. The values are of a second program, in
  /// Python, from the definitions of the word hash, the shingle hash and the minima.
  @Test("Words and keys are those of the first release") func golden() {
    let signer = DocumentSigner(NearDuplicateSettings())
    let text = "Im Jahr 2024 aßen wir 日本 naïve_Äpfel, with seventeencharacters and Ⱥlso more."
    let keys = keys(signer, text)
    #expect(signer.words.map { String($0, radix: 16) } == DocumentSignerTests.goldenWords)
    #expect([keys[0], keys[27]].map { String($0, radix: 16) } == DocumentSignerTests.goldenKeys)
  }

  private static let goldenWords = [
    "eedc89a4", "1fe05798", "f9db4595", "7f1dcdd2", "cc5693d7", "b8bf8363", "20983fd6", "c0cec1ee",
    "abf10bb", "6686d91", "ccf6789e", "8626bba2", "bb93c98d",
  ]
  private static let goldenKeys = ["e18455f832ff0caf", "c5adac5b096e229a"]

  @Test("The minima agree as often as the sets do: no bias, and the spread of independent draws")
  func minimaAreUnbiased() {
    let reader = WordReader()
    let hasher = ShingleHasher(length: 1)
    let minHash = MinHash(bands: 28, rows: 4)
    func minima(_ text: String) -> [UInt32] {
      Array(text.utf8).withUnsafeBytes { reader.read($0) }
      var sketches = [UInt32](repeating: 0, count: reader.words.count)
      sketches.withUnsafeMutableBufferPointer {
        if let start = $0.baseAddress {
          hasher.sketches(of: reader.words, 0..<$0.count, into: start)
        }
      }
      minHash.begin()
      sketches.withUnsafeBufferPointer { minHash.add($0) }
      return Array(minHash.minima)
    }
    for (words, shared) in [(40, 10), (100, 70), (200, 180), (500, 350)] {
      let similarity = Double(shared) / Double(2 * words - shared)
      let pairs = 20_000 / words
      var sum = 0.0
      var squares = 0.0
      for number in 0..<pairs {
        let (a, b) = pair(number, words: words, shared: shared)
        let agreement = Double(zip(minima(a), minima(b)).count { $0 == $1 }) / 112
        sum += agreement
        squares += (agreement - similarity) * (agreement - similarity)
      }
      let deviation = similarity * (1 - similarity) / 112
      // Five standard errors of a mean of independent functions.
      let bound = 5 * (deviation / Double(pairs)).squareRoot()
      #expect(abs(sum / Double(pairs) - similarity) < bound, "\(words) words")
      #expect(squares / Double(pairs) < 1.3 * deviation, "functions hang together: \(words) words")
    }
  }

  @Test("Pairs are missed as often as missProbability says", arguments: [(4, 28), (3, 5), (8, 14)])
  func missesMatch(rows: Int, bands: Int) {
    let settings = NearDuplicateSettings(shingle: 1, bands: bands, rows: rows)
    let signer = DocumentSigner(settings)
    for shared in [40, 60, 75, 85] {
      let similarity = Double(shared) / Double(200 - shared)
      let expected = settings.missProbability(at: similarity)
      let pairs = 400
      var missed = 0
      for number in 0..<pairs {
        let (a, b) = pair(number, words: 100, shared: shared)
        if !zip(keys(signer, a), keys(signer, b)).contains(where: { $0 == $1 }) { missed += 1 }
      }
      let bound = 5 * (expected * (1 - expected) / Double(pairs)).squareRoot() + 0.005
      #expect(abs(Double(missed) / Double(pairs) - expected) < bound, "similarity \(similarity)")
    }
  }

  @Test("Kernels of two and of four vectors, and chunks, make the same minima")
  func kernelsAgree() {
    let wide = MinHash(bands: 128, rows: 4)
    var generator = SeededGenerator(seed: 5)
    let sketches = (0..<4001).map { _ in UInt32.random(in: 0...(.max), using: &generator) }
    sketches.withUnsafeBufferPointer { wide.add($0) }
    for functions in [1, 15, 16, 17, 32, 33, 48, 112, 511] {
      let narrow = MinHash(bands: functions, rows: 1)
      for start in stride(from: 0, to: sketches.count, by: 613) {
        sketches[start..<min(start + 613, sketches.count)].withUnsafeBufferPointer {
          narrow.add($0)
        }
      }
      #expect(Array(narrow.minima) == Array(wide.minima[..<functions]))
    }
    let minima = Array(wide.minima)
    #expect(minima.allSatisfy { $0 < .max / 200 }, "a minimum of 4,001 numbers is small")
  }
}
