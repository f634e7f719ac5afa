import Deduplication
import TestSupport
import Testing

@Suite("Exact similarity") struct ShingleComparerTests {
  /// Words over a small vocabulary, so that shingles repeat and sets overlap.
  private func document(_ generator: inout SeededGenerator, words count: Int, of vocabulary: Int)
    -> [String]
  {
    (0..<count).map { _ in "w\(Int.random(in: 0..<vocabulary, using: &generator))" }
  }

  private func hashes(_ words: [String]) -> [UInt32] {
    let reader = WordReader()
    Array(words.joined(separator: " ").utf8).withUnsafeBytes { reader.read($0) }
    return Array(reader.words)
  }

  /// A copy with some words changed, left out and repeated.
  private func edited(_ words: [String], _ generator: inout SeededGenerator) -> [String] {
    var words = words
    for _ in 0..<Int.random(in: 0...4, using: &generator) where !words.isEmpty {
      let place = Int.random(in: 0..<words.count, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: words[place] = "new"
      case 1: words.remove(at: place)
      default: words.insert(contentsOf: words[place...], at: place)
      }
    }
    return words
  }

  @Test(
    "The overlap is that of the sets, and nil exactly below the threshold",
    arguments: [(1, 1 << 19), (2, 1 << 19), (5, 1 << 19), (5, 7), (64, 1 << 19), (3, 1)])
  func matchReference(shingle: Int, partSize: Int) {
    var generator = SeededGenerator(seed: UInt64(shingle + partSize))
    let comparer = ShingleComparer(shingle: shingle, partSize: partSize)
    var found = (some: 0, none: 0)
    for round in 0..<120 {
      let first = document(
        &generator, words: round % 83, of: [2, 5, 40, 1000].randomElement(using: &generator) ?? 5)
      let words = hashes(first)
      words.withUnsafeBufferPointer { comparer.setFirst($0) }
      // One first document, several others: no comparison leaves anything behind.
      for _ in 0..<4 {
        let second =
          Bool.random(using: &generator)
          ? edited(first, &generator) : document(&generator, words: round % 31, of: 3)
        let reference = ReferenceWords.overlap(first, second, length: shingle)
        for jaccard in [0.3, 0.5, 0.7, 0.95, 1] {
          let overlap = hashes(second).withUnsafeBufferPointer {
            comparer.overlap(with: $0, atLeast: jaccard)
          }
          let isNear =
            reference.united > 0 && !first.isEmpty && !second.isEmpty
            && Double(reference.shared) / Double(reference.united) >= jaccard
          #expect((overlap != nil) == isNear)
          guard let overlap else {
            found.none += 1
            continue
          }
          found.some += 1
          #expect(Int(overlap.shared) == reference.shared)
          #expect(Int(overlap.united) == reference.united)
        }
      }
    }
    #expect(found.some > 100 && found.none > 100, "both answers are tested")
  }

  @Test("Repeats of a shingle count once") func setSemantics() {
    let first = Array(repeating: ["a", "b", "c"], count: 30).flatMap { $0 }
    let second = Array(repeating: ["a", "b", "c"], count: 3).flatMap { $0 } + ["d", "e"]
    let reference = ReferenceWords.overlap(first, second, length: 2)
    #expect(reference.shared == 3 && reference.united == 5)
    let mutant = ReferenceWords.overlap(first, second, length: 2, countsRepeats: true)
    #expect(mutant.shared != reference.shared)
    let comparer = ShingleComparer(shingle: 2)
    hashes(first).withUnsafeBufferPointer { comparer.setFirst($0) }
    let overlap = hashes(second).withUnsafeBufferPointer {
      comparer.overlap(with: $0, atLeast: 0.3)
    }
    #expect(overlap == ShingleOverlap(shared: 3, united: 5))
    #expect(overlap?.jaccard == 0.6)
  }

  @Test("A short document has one shingle, which no longer one equals") func shortDocuments() {
    let comparer = ShingleComparer(shingle: 5)
    func compare(_ first: [String], _ second: [String]) -> ShingleOverlap? {
      hashes(first).withUnsafeBufferPointer { comparer.setFirst($0) }
      return hashes(second).withUnsafeBufferPointer { comparer.overlap(with: $0, atLeast: 0.3) }
    }
    let words = ["one", "two", "three", "four", "five"]
    for count in 1...5 {
      #expect(
        compare(Array(words[..<count]), Array(words[..<count]))
          == ShingleOverlap(shared: 1, united: 1))
      if count > 1 { #expect(compare(Array(words[..<count]), Array(words[..<(count - 1)])) == nil) }
    }
    #expect(compare(["two", "one"], ["one", "two"]) == nil)
    #expect(compare([], []) == nil)
    #expect(compare(["one"], []) == nil)
    #expect(compare([], ["one"]) == nil)
  }

  @Test("Large sets in parts, and a table that grows") func largeSets() {
    let first = (0..<60_000).map { "w\($0)" }
    let second = Array(first[3000...]) + (0..<9000).map { "v\($0)" }
    let reference = ReferenceWords.overlap(first, second, length: 5)
    for partSize in [1 << 19, 50_000, 1000] {
      let comparer = ShingleComparer(shingle: 5, partSize: partSize)
      hashes(first).withUnsafeBufferPointer { comparer.setFirst($0) }
      for _ in 0..<2 {
        let overlap = hashes(second).withUnsafeBufferPointer {
          comparer.overlap(with: $0, atLeast: 0.7)
        }
        #expect(
          overlap
            == ShingleOverlap(shared: UInt32(reference.shared), united: UInt32(reference.united)))
        // A small one between: parts of the first set are put back.
        let small = hashes(["w1", "w2", "w3", "w4", "w5"]).withUnsafeBufferPointer {
          comparer.overlap(with: $0, atLeast: 0.3)
        }
        #expect(small == nil)
      }
    }
  }
}
