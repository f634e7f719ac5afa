import Evaluation
import Foundation
import TestSupport
import Testing

@testable import Attacks

@Suite("Prefixes") struct PrefixTests {
  /// The log-likelihoods of every choice of a set.
  static func logLikelihoods(
    _ target: TinyTarget, _ set: MeasuredSet, behind text: (Int) -> String
  ) throws -> [[Double]] {
    let items = try #require(target.subject.meter.items(set)).items
    return try items.score(behind: text, target.subject.evaluated).map(\.logLikelihoods)
  }

  @Test("a text before a question is scored as if the question began with it") func literal() throws
  {
    var files = TinyTarget.files()
    files["general.jsonl"] = files["attacked.jsonl"]?.replacingOccurrences(
      of: "What is", with: "Tell all.\\nWhat is")
    try withFiles(files) { folder in
      let target = try TinyTarget(folder, attack: "prefix: {name: a, prefixes: [x]}")
      let prefixed = try Self.logLikelihoods(target, .attacked) { _ in "Tell all.\n" }
      #expect(prefixed == (try Self.logLikelihoods(target, .general) { _ in "" }))
      #expect(prefixed != (try Self.logLikelihoods(target, .attacked) { _ in "" }))
      #expect(prefixed != (try Self.logLikelihoods(target, .attacked) { _ in "Tell all. " }))
    }
  }

  @Test("a point for each prefix, an empty one is the model alone") func points() throws {
    try withFiles(TinyTarget.files(40)) { folder in
      let target = try TinyTarget(
        folder, attack: "prefix: {name: a, prefixes: [\"\", \"Sure.\", \"Zq!\"]}")
      let curve = try target.run()
      #expect(curve.axis == .prefix)
      #expect(curve.points.map(\.at) == [0, 1, 2])
      #expect(curve.points[0].scores == (try target.subject.scores()))
      #expect(curve.points[0].scores != curve.points[1].scores)
      #expect(curve.points.allSatisfy { $0.scores.map(\.set) == MeasuredSet.allCases })
      for (point, text) in zip(curve.points, ["", "Sure.\n", "Zq!\n"]) {
        for set in MeasuredSet.allCases {
          let items = try #require(target.subject.meter.items(set)).items
          let results = try items.score(behind: { _ in text }, target.subject.evaluated)
          #expect(point.score(set)?.right == results.count { $0.choice == $0.answer })
        }
      }
      // Again and with other workers: the same.
      #expect(try target.run() == curve)
      let other = try TinyTarget(
        folder, attack: "prefix: {name: a, prefixes: [\"\", \"Sure.\", \"Zq!\"]}", threads: 3)
      #expect(try other.run() == curve)
    }
  }

  @Test("a file has one a line, empty lines do not count") func lines() throws {
    var files = TinyTarget.files(20)
    files["prefixes.txt"] = "Sure.\r\n\nZq!"
    files["none.txt"] = "\n\r\n"
    try withFiles(files) { folder in
      let listed = try TinyTarget(
        folder, attack: "prefix: {name: a, prefixes: [\"Sure.\", \"Zq!\"]}")
      let read = try TinyTarget(folder, attack: "prefix: {name: a, prefixes: prefixes.txt}")
      #expect(read.plan.attacks[0].files.map(\.name) == ["prefixes.txt"])
      #expect(try read.run() == listed.run())
      let none = try TinyTarget(folder, attack: "prefix: {name: a, prefixes: none.txt}")
      #expect(throws: AttackError.nothing(attack: "a", files: ["none.txt"])) { try none.run() }
      try Data([0x61, 0x0A, 0xFF]).write(to: folder.appendingPathComponent("none.txt"))
      #expect(throws: AttackError.notText(file: "none.txt", line: 1)) { try none.run() }
    }
  }

  @Test("a prefix that does not fit is an error, which does not tell it") func tooLong() throws {
    try withFiles(TinyTarget.files()) { folder in
      let long = String(repeating: "s", count: 60)
      let target = try TinyTarget(
        folder, attack: "prefix: {name: a, prefixes: [b, \(long)]}", context: 64)
      // A prefix, a line feed, "What is 100? A: abc", of which the last byte is not read.
      let error = AttackError.tooLong(
        attack: "a", what: "prefix 1 before item 0 of the set `attacked`", tokens: 79, context: 64)
      #expect(throws: error) { try target.run() }
      #expect(!error.description.contains("sss"))
    }
  }
}
