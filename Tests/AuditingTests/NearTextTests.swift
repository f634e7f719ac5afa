import Foundation
import Ledger
import Streams
import TestSupport
import Testing

@testable import Auditing

@Suite struct NearTextTests {
  typealias Document = OutputFixture.Document

  /// Texts of words from a small list, many of them slightly changed copies of earlier ones.
  static func texts(_ count: Int, seed: UInt64) -> [String] {
    var random = SeededGenerator(seed: seed)
    let words = (0..<60).map { "word\($0)" }
    var texts: [[String]] = []
    for _ in 0..<count {
      if let earlier = texts.randomElement(using: &random),
        Int.random(in: 0..<3, using: &random) > 0
      {
        var copy = earlier
        for _ in 0..<Int.random(in: 0...4, using: &random) where !copy.isEmpty {
          copy[Int.random(in: 0..<copy.count, using: &random)] =
            words[
              Int.random(in: 0..<words.count, using: &random)]
        }
        texts.append(copy)
      } else {
        texts.append(
          (0..<Int.random(in: 0...40, using: &random)).map { _ in
            words[Int.random(in: 0..<words.count, using: &random)]
          })
      }
    }
    return texts.map { $0.joined(separator: " ") }
  }

  /// The shingles of a text whose words stand between spaces.
  static func shingles(_ text: String, _ length: Int) -> Set<[Substring]> {
    let words = text.split(separator: " ")
    guard words.count >= length else { return words.isEmpty ? [] : [words] }
    return Set((0...words.count - length).map { Array(words[$0..<$0 + length]) })
  }

  /// Every kept document that is near enough, nearest first, by comparing sets of strings.
  static func expected(
    _ shards: [(path: String, documents: [Document])], _ text: String, shingle: Int,
    jaccard: Double
  ) -> [(name: String, similarity: Double)] {
    let wanted = shingles(text, shingle)
    var found: [(name: String, similarity: Double)] = []
    for (path, documents) in shards {
      for (row, document) in documents.enumerated() where document.verdict == .kept {
        let own = shingles(document.text, shingle)
        guard !own.isEmpty, !wanted.isEmpty else { continue }
        let shared = own.intersection(wanted).count
        let similarity = Double(shared) / Double(own.union(wanted).count)
        if similarity >= jaccard { found.append(("\(path):\(row)", similarity)) }
      }
    }
    // Stable: documents of one similarity stay in the order of the corpus.
    return found.enumerated().sorted {
      ($1.element.similarity, $0.offset) < ($0.element.similarity, $1.offset)
    }.map(\.element)
  }

  static func shards(seed: UInt64) -> [(path: String, documents: [Document])] {
    let texts = texts(150, seed: seed)
    return ["a.jsonl", "b.jsonl.gz", "c/d.jsonl"].enumerated().map { index, path in
      let part = texts[index * 50..<index * 50 + 50]
      return (
        path,
        part.enumerated().map { row, text in
          var document = Document(text: text, id: row % 3 == 0 ? nil : "\(path)-\(row)")
          if row % 7 == 3 { (document.verdict, document.reason) = (.dropped, 1) }
          return document
        }
      )
    }
  }

  static func names(_ found: NearDocuments) -> [String] {
    found.nearest.map { "\($0.trace.shard):\($0.trace.row)" }
  }

  @Test(
    "what is near is what a comparison of all sets says",
    arguments: [(0.7, 5, 1), (0.3, 5, 3), (0.05, 2, 2), (1, 1, 4)])
  func bruteForce(jaccard: Double, shingle: Int, seed: UInt64) throws {
    let shards = Self.shards(seed: seed)
    let fixture = try OutputFixture(
      shards,
      settings:
        #"{"batchBytes":1,"fields":{"text":["doc.body"],"id":"id"},"near":{"shingle":\#(shingle),"#
        + #""jaccard":0.7,"bands":28,"rows":4},"other":[1]}"#)
    let audit = try Audit(output: fixture.folder)
    var answers = 0
    for (index, query) in Self.texts(150, seed: seed).enumerated() where index % 30 == 5 {
      let expected = Self.expected(shards, query, shingle: shingle, jaccard: jaccard)
      guard !query.isEmpty else { continue }
      let found = try audit.near(
        text: Array(query.uppercased().utf8), jaccard: jaccard, limit: 1000, threads: 1 + index % 3)
      #expect(Self.names(found) == expected.map(\.name))
      #expect(found.nearest.map(\.similarity) == expected.map(\.similarity))
      #expect(found.count == expected.count)
      #expect(
        try audit.near(text: Array(query.utf8), threads: 2).count
          == Self.expected(shards, query, shingle: shingle, jaccard: 0.7).count)
      answers += expected.count
      let few = try audit.near(text: Array(query.utf8), jaccard: jaccard, limit: 3, threads: 2)
      #expect(Self.names(few) == expected.prefix(3).map(\.name) && few.count == expected.count)
    }
    #expect(answers > 2)
  }

  @Test("the answer is a trace with the similarity to the text") func json() throws {
    let fixture = try OutputFixture([
      ("a.jsonl", [Document(text: "gone", verdict: .dropped, reason: 1)]),
      ("e.txt", [Document(text: "one two three four five six")]),
    ])
    let found = try Audit(output: fixture.folder).near(
      text: Array("One, two; three. Four five!".utf8), jaccard: 0.5, threads: 1)
    let text = Array("one two three four five six".utf8)
    #expect(
      found.json
        == #"[{"id":"e.txt:0","shard":"e.txt","row":0,"sha256":"\#(Digest256(hashing: text))","#
        + #""verdict":"kept","reason":null,"rule":null,"duplicateOf":null,"nearTo":null,"#
        + #""similarity":0.5,"sharedShingles":1,"unitedShingles":2,"cluster":null,"#
        + #""takenDownBy":null,"run":"c0ffee","matches":[]}]"#)
    #expect(
      found.text.hasSuffix("It has 1 of 2 shingles in common with the text (50.0 %)."))
    #expect(try Audit(output: fixture.folder).near(text: Array("gone".utf8), threads: 1).count == 0)
  }

  @Test("a part that was changed, cut or removed is said, and nothing is answered")
  func changedPart() throws {
    let fixture = try OutputFixture(Self.shards(seed: 9))
    let audit = try Audit(output: fixture.folder)
    let file = fixture.part("c/d.jsonl")
    let whole = try Data(contentsOf: file)
    let query = Array("word1 word2 word3 word4 word5".utf8)
    _ = try audit.near(text: query, threads: 2)
    var random = SeededGenerator(seed: 5)
    for _ in 0..<40 {
      var changed = whole
      changed[Int.random(in: 0..<whole.count, using: &random)] ^= 1
      try changed.write(to: file)
      let error = #expect(throws: AuditError.self) { try audit.near(text: query, threads: 2) }
      #expect(error?.code == .changedPart && error?.consequence == .findings)
      #expect(error?.description.contains("word") == false)
    }
    for changed in [Data(), whole.dropLast(), whole + Data([0x0A])] {
      try changed.write(to: file)
      #expect(throws: AuditError.self) { try audit.near(text: query, threads: 1) }
    }
    try FileManager.default.removeItem(at: file)
    let error = #expect(throws: AuditError.self) { try audit.near(text: query, threads: 2) }
    #expect(error?.code == .missing)
  }

  @Test("a text without a word, or that is no text, is refused") func noWords() throws {
    let fixture = try OutputFixture(AuditTests.shards)
    let audit = try Audit(output: fixture.folder)
    for text: [UInt8] in [[], Array(" .;-\n".utf8), [0xFF, 0x41]] {
      let error = #expect(throws: AuditError.self) { try audit.near(text: text, threads: 1) }
      #expect(error?.code == .noWords && error?.consequence == .usage)
    }
    let unfinished = try OutputFixture(AuditTests.shards, finish: false)
    let error = #expect(throws: AuditError.self) {
      try Audit(output: unfinished.folder).near(text: Array("a".utf8), threads: 1)
    }
    #expect(error?.code == .unfinishedRun)
  }
}
