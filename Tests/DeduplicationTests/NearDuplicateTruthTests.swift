import Deduplication
import Foundation
import Streams
import TestSupport
import Testing

/// Pairs and similarities that an independent program found (all pairs, Python's `re`).
@Suite(
  "Similarities of real corpora", .enabled(if: Repository.shared != nil, "needs ../shared"))
struct NearDuplicateTruthTests {
  private struct Pair {
    var a: String
    var b: String
    var jaccard: Double
  }

  private struct Truth {
    var pairs: [Pair] = []
    /// Groups of equal texts or equal sets of shingles.
    var equal: [[String]] = []
  }

  private func truth(_ name: String) throws -> Truth {
    let file = Repository.shared("data/neardup_truth/\(name).truth.jsonl")
    var truth = Truth()
    for line in try Data(contentsOf: file).split(separator: 0x0A) {
      let entry = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
      if let a = entry["a"] as? String, let b = entry["b"] as? String {
        truth.pairs.append(Pair(a: a, b: b, jaccard: try #require(entry["j"] as? Double)))
      }
      if let group = entry["exact"] as? [String] { truth.equal.append(group) }
      if let group = entry["same_shingles"] as? [String] { truth.equal.append(group) }
    }
    return truth
  }

  private func lines(_ path: String) throws -> [Data] {
    let source = try DecodedSource(
      try FileSource(path: Repository.shared(path).path), hashing: false)
    let block = ByteBlock(capacity: 1 << 20)
    while try source.read(into: block) {}
    #expect(source.damage == nil)
    return block.bytes.split(separator: 0x0A).map { Data($0) }
  }

  /// Texts by id of JSON lines.
  private func records(_ path: String) throws -> [(id: String, text: String)] {
    try lines(path).map { line in
      let record = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
      return (try #require(record["id"] as? String), try #require(record["text"] as? String))
    }
  }

  private func hasMark(_ text: String) -> Bool {
    text.unicodeScalars.contains {
      [.nonspacingMark, .spacingMark, .enclosingMark].contains($0.properties.generalCategory)
    }
  }

  /// Compares every pair of the truth; returns how many have a mark. A mark belongs to its word
  /// here, while Python's `\w` splits there: these are held against the definition.
  private func check(_ truth: Truth, _ records: [(id: String, text: String)]) throws -> Int {
    let names = Set(truth.pairs.flatMap { [$0.a, $0.b] } + truth.equal.flatMap { $0 })
    let reader = WordReader()
    var words: [String: [UInt32]] = [:]
    var marked: [String: String] = [:]
    for (id, text) in records where names.contains(id) {
      Array(text.utf8).withUnsafeBytes { reader.read($0) }
      words[id] = Array(reader.words)
      if hasMark(text) { marked[id] = text }
    }
    #expect(words.count == names.count)
    var pairsWithMarks = 0
    let comparer = ShingleComparer(shingle: 5)
    func overlap(_ a: String, _ b: String, _ jaccard: Double) throws -> ShingleOverlap? {
      try #require(words[a]).withUnsafeBufferPointer { comparer.setFirst($0) }
      return try #require(words[b]).withUnsafeBufferPointer {
        comparer.overlap(with: $0, atLeast: jaccard)
      }
    }
    for pair in truth.pairs {
      let found = try #require(try overlap(pair.a, pair.b, 0.3), "\(pair.a) and \(pair.b)")
      if marked[pair.a] == nil && marked[pair.b] == nil {
        #expect(abs(found.jaccard - pair.jaccard) < 1e-5, "\(pair.a) and \(pair.b)")
      } else {
        pairsWithMarks += 1
        let texts = records.filter { $0.id == pair.a || $0.id == pair.b }.map(\.text)
        let both = texts.map { ReferenceWords.words(of: $0) }
        let reference = ReferenceWords.overlap(both[0], both[1], length: 5)
        #expect(Int(found.shared) == reference.shared && Int(found.united) == reference.united)
      }
      #expect(try overlap(pair.b, pair.a, 0.3) == found)
      // At the threshold itself the pair is in, and just above it is not.
      #expect(try overlap(pair.a, pair.b, found.jaccard) == found)
      #expect(try overlap(pair.a, pair.b, found.jaccard.nextUp) == nil)
    }
    for group in truth.equal {
      for other in group.dropFirst() {
        let isWordless = try #require(words[other]).isEmpty
        #expect(try overlap(group[0], other, 1)?.jaccard == (isWordless ? nil : 1))
      }
    }
    return pairsWithMarks
  }

  @Test("tldr pages") func tldr() throws {
    let truth = try truth("tldr_en")
    #expect(truth.pairs.count == 218)
    #expect(try check(truth, try records("data/tldr_pages/tldr_en.jsonl.zst")) == 0)
  }

  @Test("United States Code") func code() throws {
    let truth = try truth("uscode_titles_01-25")
    #expect(truth.pairs.count == 4135)
    let file = "data/uscode/uscode_titles_01-25.jsonl.zst"
    let pairsWithMarks = try check(truth, try records(file))
    #expect(pairsWithMarks == 3)
  }

  @Test("Articles") func articles() throws {
    let truth = try truth("minhash_1000")
    #expect(truth.pairs.count == 10)
    let records = try lines("data/minhash_articles/articles_1000.train").map { line in
      let parts = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 1)
      return (id: String(parts[0]), text: String(parts[1]))
    }
    #expect(try check(truth, records) == 0)
  }

  @Test("Words of English pages are those of the reference") func wordsOfPages() throws {
    let reader = WordReader()
    var seen: [String: UInt32] = [:]
    for (id, text) in try records("data/tldr_pages/tldr_en.jsonl.zst") {
      Array(text.utf8).withUnsafeBytes { reader.read($0) }
      let words = ReferenceWords.words(of: text)
      #expect(reader.words.count == words.count, "\(id)")
      for (word, hash) in zip(words, reader.words) {
        if seen[word, default: hash] != hash { Issue.record("\(id): a word with two hashes") }
        seen[word] = hash
      }
    }
    #expect(seen.count > 10_000)
    // 2^-32 a pair: of some 10^8 pairs, none or hardly one.
    #expect(Set(seen.values).count >= seen.count - 2)
  }
}
