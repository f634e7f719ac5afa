import Foundation
import TestSupport
import Testing

@testable import Evaluation

/// ROUGE and its stemmer beside `rouge_score` and NLTK (`Scripts/make-metric-vectors`).
@Suite struct RougeTests {
  private static func fixture(_ name: String) throws -> [Data.SubSequence] {
    let file = Repository.root.appendingPathComponent("Tests/EvaluationTests/Fixtures/\(name)")
    return try Data(contentsOf: file).split(separator: 10)
  }

  @Test("3,000 words have NLTK's stems") func stems() throws {
    let lines = try Self.fixture("porter.txt").map {
      String(decoding: $0, as: UTF8.self).split(separator: " ").map { Array($0.utf8) }
    }
    #expect(lines.count == 3_000)
    var wrong: [String] = []
    for line in lines {
      let own = PorterStemmer.stem(line[0])
      if own != line[1] { wrong.append(line.map { String(decoding: $0, as: UTF8.self) }[0]) }
    }
    #expect(wrong.isEmpty, "\(wrong.prefix(20))")
    // A tenth of them, at least, loses more than a letter.
    #expect(lines.count { $0[0].count > $0[1].count + 1 } > 300)
  }

  private struct Case: Decodable {
    var reference: String
    var candidate: String
    var rouge1: [Double]
    var rougeL: [Double]
    var plain: [Double]
  }

  @Test("200 pairs of texts score as with rouge_score, to the bit") func pairs() throws {
    let cases = try Self.fixture("rouge.jsonl").map {
      try JSONDecoder().decode(Case.self, from: $0)
    }
    #expect(cases.count == 200)
    for (number, one) in cases.enumerated() {
      func check(_ score: Rouge.Score, _ exact: [Double]) {
        #expect([score.precision, score.recall, score.f1] == exact, "case \(number)")
      }
      check(Rouge.one(candidate: one.candidate, reference: one.reference), one.rouge1)
      check(Rouge.l(candidate: one.candidate, reference: one.reference), one.rougeL)
      check(
        Rouge.l(candidate: one.candidate, reference: one.reference, stemming: false), one.plain)
    }
    // What would not see the order, or the stems, fails.
    #expect(cases.count { $0.rouge1 != $0.rougeL } > 20)
    #expect(cases.count { $0.plain != $0.rougeL } > 20)
  }

  @Test("the longest common subsequence is that of all subsequences") func subsequences() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<200 {
      func text() -> [String] {
        (0..<Int.random(in: 1...8, using: &generator)).map { _ in
          ["a", "b", "c"].randomElement(using: &generator) ?? ""
        }
      }
      let (a, b) = (text(), text())
      func isInB(_ part: [String]) -> Bool {
        var rest = part[...]
        for word in b where word == rest.first { rest.removeFirst() }
        return rest.isEmpty
      }
      let longest =
        (0..<(1 << a.count)).filter { set in
          isInB(a.indices.filter { set >> $0 & 1 == 1 }.map { a[$0] })
        }.map(\.nonzeroBitCount).max() ?? 0
      let score = Rouge.l(
        candidate: a.joined(separator: " "), reference: b.joined(separator: "-"))
      #expect(score.recall == Double(longest) / Double(b.count))
      #expect(score.precision == Double(longest) / Double(a.count))
    }
  }

  @Test("texts without words have nothing in common") func nothing() {
    for (candidate, reference) in [("", ""), ("…", "words"), ("words", "東京")] {
      let score = Rouge.l(candidate: candidate, reference: reference)
      #expect(score.precision == 0 && score.recall == 0 && score.f1 == 0)
    }
  }
}
