import Evaluation
import Foundation
import TestSupport
import Testing

@testable import Attacks

@Suite("Examples in context") struct InContextTests {
  private static let attack = "in-context: {name: a, shots: [4, 0, 1], seeds: [1, 2]}"

  /// The questions that stand in a text, in order.
  private static func questions(_ text: String) -> [Int] {
    text.split(separator: "\n").compactMap { line in
      line.split(separator: " ").dropFirst(2).first.flatMap { Int($0.dropLast()) }
    }
  }

  @Test("examples are attacked items with their answers, never the item itself") func examples()
    throws
  {
    try withFiles(TinyTarget.files(6)) { folder in
      let target = try TinyTarget(folder, attack: Self.attack, context: 400)
      let meter = target.subject.meter
      let attacked = try #require(meter.items(.attacked))
      let examples = try InContext.Examples(target.subject, seed: 1, separator: nil)
      let texts = (0..<6).map { attacked.items.example($0) + "\n" }
      #expect(texts[0].hasPrefix("What is 100? A: "))
      for item in 0..<6 {
        let text = examples.text(5, before: item, of: attacked)
        #expect(Self.questions(text).sorted() == (0..<6).filter { $0 != item }.map { 100 + $0 })
        #expect(text.count == texts.reduce(0) { $0 + $1.count } - texts[item].count)
        // Fewer are the beginning of more.
        #expect(text.hasPrefix(examples.text(2, before: item, of: attacked)))
      }
      let heldOut = try #require(meter.items(.heldOut))
      let orders = (0..<6).map { Self.questions(examples.text(6, before: $0, of: heldOut)) }
      #expect(orders.allSatisfy { $0.sorted() == Array(100..<106) })
      #expect(Set(orders).count > 1)
      let others = try InContext.Examples(target.subject, seed: 2, separator: nil)
      #expect(orders != (0..<6).map { Self.questions(others.text(6, before: $0, of: heldOut)) })
    }
  }

  @Test("the right answer stands in an example") func answers() throws {
    try withFiles(TinyTarget.files(4, mark: "!")) { folder in
      let target = try TinyTarget(folder, attack: Self.attack)
      let attacked = try #require(target.subject.meter.items(.attacked))
      for item in 0..<4 { #expect(attacked.items.example(item).hasSuffix("!")) }
    }
  }

  @Test("an item in the same words is no example, whichever set it is in") func sameWords() throws {
    var files = TinyTarget.files(6)
    files["held-out.jsonl"] = files["attacked.jsonl"]
    try withFiles(files) { folder in
      let target = try TinyTarget(folder, attack: Self.attack, context: 400)
      let examples = try InContext.Examples(target.subject, seed: 1, separator: " | ")
      let heldOut = try #require(target.subject.meter.items(.heldOut))
      for item in 0..<6 {
        #expect(
          !examples.text(5, before: item, of: heldOut).contains(heldOut.items.example(item)))
      }
    }
  }

  @Test("a blank line stands behind examples of several lines") func separator() throws {
    try withFiles(TinyTarget.files(4)) { folder in
      for (template, separator) in [("{question} A:", "\n"), ("{question}\\nA:", "\n\n")] {
        let target = try TinyTarget(folder, attack: Self.attack, template: template)
        let examples = try InContext.Examples(target.subject, seed: 1, separator: nil)
        let general = try #require(target.subject.meter.items(.general))
        #expect(examples.text(1, before: 0, of: general).hasSuffix(separator))
        #expect(examples.text(1, before: 0, of: general).hasSuffix("\n\n") == (separator == "\n\n"))
      }
    }
  }

  @Test("a point for each number of examples; none is the model alone") func points() throws {
    try withFiles(TinyTarget.files(20)) { folder in
      let target = try TinyTarget(folder, attack: Self.attack)
      #expect(target.plan.attacks[0].trials.map(\.label) == ["examples/seed-1", "examples/seed-2"])
      let curve = try target.run()
      #expect(curve.axis == .shots)
      #expect(curve.points.map(\.at) == [0, 1, 4])
      #expect(curve.points[0].scores == (try target.subject.scores()))
      let second = try target.run(1)
      #expect(second.points[0] == curve.points[0])
      #expect(second.points != curve.points)
      #expect(try target.run() == curve)
    }
  }

  @Test("too few items, and examples that do not fit") func errors() throws {
    try withFiles(TinyTarget.files(4)) { folder in
      let few = try TinyTarget(folder, attack: Self.attack)
      #expect(throws: AttackError.items(attack: "a", set: "attacked", count: 4, needed: 5)) {
        try few.run()
      }
      let short = try TinyTarget(
        folder, attack: "in-context: {name: a, shots: [3]}", context: 40)
      // Three examples of 20 bytes, and 19 of "What is 100? A: abc" less the last byte.
      #expect(
        throws: AttackError.tooLong(
          attack: "a", what: "3 examples before item 0 of the set `attacked`", tokens: 78,
          context: 40)
      ) { try short.run() }
    }
  }
}
