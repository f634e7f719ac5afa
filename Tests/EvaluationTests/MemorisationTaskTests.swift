import Evidence
import Foundation
import Language
import Streams
import TestSupport
import Tensors
import Testing

@testable import Evaluation

@Suite struct MemorisationTaskTests {
  static func items(_ task: TaskResult) -> [MeasuredItem] {
    task.items.compactMap { if case .measured(let item) = $0 { item } else { nil } }
  }

  /// Lines of JSON with a text of letters each.
  static func lines(_ count: Int, seed: UInt64, length: ClosedRange<Int> = 12...30) -> String {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      let letters = (0..<Int.random(in: length, using: &generator)).map { _ in
        Character(Unicode.Scalar(UInt8.random(in: 97...122, using: &generator)))
      }
      return "{\"text\":\"\(String(letters))\"}\n"
    }.joined()
  }

  @Test("memorisation of texts and of answers, each with its interval") func memorisation() throws {
    let texts = try TaskTests.run(
      "memorisation: {name: m, text: c.jsonl}", ["c.jsonl": Self.lines(12, seed: 1)])
    #expect(texts.kind == "memorisation" && texts.items.count == 12)
    for name in ["extraction_strength", "exact_memorisation"] {
      let metric = try #require(texts.metric(name))
      #expect(!metric.higherIsBetter && metric.count == 12)
      let interval = try #require(metric.interval)
      #expect(interval.lower <= metric.value && metric.value <= interval.upper)
    }
    let qa = #"{"question":" Who? ","answer":"ann"}"# + "\n"
    let answers = try TaskTests.run(
      "memorisation: {name: m, items: q.jsonl, forgotten: false}", ["q.jsonl": qa])
    let item = try #require(Self.items(answers).first)
    // A byte is a token: a space and the answer.
    #expect(item.value("tokens") == 4)
    #expect(answers.metric("exact_memorisation")?.higherIsBetter == true)
    // One item has no interval.
    #expect(answers.metric("exact_memorisation")?.interval == nil)
    let subject = try TinyModel.subject(context: 120)
    let tokens = subject.tokenizer.encode("Question: Who?\nAnswer: ann", addingSpecial: false)
    let plain = try ForcedTokensTests.plain(tokens, subject)
    let right = (tokens.count - 4..<tokens.count).count { place in
      let log = plain[place - 1]
      return log[Int(tokens[place])] == log.max()
    }
    #expect(item.value("exactMemorisation") == Double(right) / 4)
  }

  @Test("members that are read apart from others have an area above one half, and less below")
  func membership() throws {
    // The model knows nothing: texts of one letter are alike, texts of many are not.
    let same = (0..<15).map { "{\"text\":\"\(String(repeating: "a", count: 20 + $0))\"}\n" }
      .joined()
    let files = ["same.jsonl": same, "other.jsonl": Self.lines(15, seed: 2)]
    let task = "membership: {name: m, members: same.jsonl, others: other.jsonl}"
    let turned = "membership: {name: m, members: other.jsonl, others: same.jsonl}"
    let (one, other) = (try TaskTests.run(task, files), try TaskTests.run(turned, files))
    for score in Membership.all {
      let (a, b) = (try #require(one.metric(score.area)), try #require(other.metric(score.area)))
      #expect(abs(a.value + b.value - 1) < 1e-12)
      #expect(!a.higherIsBetter && a.count == 30 && a.interval != nil)
      let items = Self.items(one)
      let values = items.map { $0.value(score.item) ?? .nan }
      #expect(
        abs(
          a.value
            - AreaUnderCurve(
              lower: Array(values[..<15]), upper: Array(values[15...])
            ).value) < 1e-12)
      #expect(zip(values, items).allSatisfy { $0.isFinite && $1.values.count == 6 })
    }
    let area = try #require(one.metric("min_k_auc")).value
    let leak = try #require(one.metric("privleak"))
    #expect(abs(leak.value - 100 * (0.5 - area) / 0.5) < 1e-6)
    #expect(leak.best == .zero && !leak.higherIsBetter)
    let (under, over) = (
      try #require(one.metric("under_forgetting")), try #require(one.metric("over_forgetting"))
    )
    #expect(abs(over.value - under.value - leak.value) < 1e-12)
    #expect(min(under.value, over.value) == 0 && under.best == .lower && over.best == .lower)
    for metric in [leak, under, over] {
      let interval = try #require(metric.interval)
      #expect(interval.lower <= metric.value && metric.value <= interval.upper)
    }
  }

  @Test("a reference is a number, or the file of results of another model") func reference() throws
  {
    let files = [
      "a.jsonl": Self.lines(12, seed: 3), "b.jsonl": Self.lines(12, seed: 4),
      "r.json": """
      {"model":"m","tasks":[{"name":"m","kind":"membership","count":2,
      "metrics":{"min_k_auc":{"value":0.6,"count":2}}}]}
      """,
      "bad.json": "{}",
      "other.json": #"{"tasks":[{"name":"x","kind":"membership","metrics":{}}]}"#,
      "sure.json":
        #"{"tasks":[{"name":"m","kind":"membership","metrics":{"min_k_auc":{"value":1}}}]}"#,
    ]
    func run(_ reference: String) throws -> TaskResult {
      try TaskTests.run(
        "membership: {name: m, members: a.jsonl, others: b.jsonl, reference: \(reference)}", files)
    }
    let (number, file) = (try run("0.6"), try run("r.json"))
    #expect(number.metrics == file.metrics)
    let area = try #require(file.metric("min_k_auc")).value
    #expect(abs((file.metric("privleak")?.value ?? 0) - 100 * (0.6 - area) / 0.4) < 1e-6)
    for bad in ["bad.json", "other.json", "sure.json"] {
      let error = try #require(throws: EvaluationError.self) { try run(bad) }
      // The whole file is meant, and no row of it.
      guard case .reference(bad, let why) = error else {
        Issue.record("\(error)")
        continue
      }
      #expect(why.contains("; give ") && !why.contains("row") && error.consequence == .input)
    }
    for bad in ["1.5", "-0.1", "none.json"] {
      #expect(throws: (any Error).self) { try run(bad) }
    }
    #expect(throws: (any Error).self) {
      try TaskTests.run("membership: {name: m, members: a.jsonl, others: a.jsonl}", files)
    }
  }

  @Test("a text of which no token can be scored is an error with its row") func nothing() throws {
    for task in [
      "memorisation: {name: m, text: c.jsonl}",
      "membership: {name: m, members: c.jsonl, others: d.jsonl}",
    ] {
      let error = try #require(throws: EvaluationError.self) {
        try TaskTests.run(
          task,
          ["c.jsonl": "{\"text\":\"ab\"}\n{\"text\":\"a\"}\n", "d.jsonl": "{\"text\":\"ab\"}\n"])
      }
      guard case .item("c.jsonl", 1, _) = error else {
        Issue.record("\(error)")
        continue
      }
    }
  }

  @Test("where 0 is best neither more nor less is, in our JSON, and lm-eval's form has no flag")
  func direction() throws {
    let suite = """
      suite: t
      version: 1
      tasks:
        - membership: {name: m, members: a.jsonl, others: b.jsonl}
      """
    let files = ["a.jsonl": Self.lines(3, seed: 7), "b.jsonl": Self.lines(3, seed: 8)]
    try withSuite(suite, files) { path in
      let evaluation = try Evaluation(of: TinyModel.subject(context: 120), on: Suite(path: path))
      let own = try #require(
        try JSONSerialization.jsonObject(
          with: Data(evaluation.json(of: "m", items: false).bytes)) as? [String: Any])
      let tasks = try #require(own["tasks"] as? [[String: Any]])
      let metrics = try #require(tasks[0]["metrics"] as? [String: [String: Any]])
      #expect(metrics["privleak"]?["best"] as? String == "zero")
      #expect(metrics["privleak"]?["higherIsBetter"] is NSNull)
      #expect(metrics["over_forgetting"]?["best"] as? String == "lower")
      #expect(metrics["over_forgetting"]?["higherIsBetter"] as? Bool == false)
      let harness = try #require(
        try JSONSerialization.jsonObject(
          with: Data(evaluation.harnessJSON(of: "m").bytes)) as? [String: Any])
      let higher = try #require(harness["higher_is_better"] as? [String: [String: Bool]])
      #expect(higher["m"]?["over_forgetting"] == false)
      #expect(higher["m"]?.keys.contains("privleak") == false)
    }
  }

  @Test("the numbers do not depend on the number of threads") func threads() throws {
    let suite = """
      suite: t
      version: 1
      tasks:
        - membership: {name: m, members: a.jsonl, others: b.jsonl}
        - memorisation: {name: s, text: a.jsonl}
      """
    let files = ["a.jsonl": Self.lines(20, seed: 5), "b.jsonl": Self.lines(20, seed: 6)]
    let results = try [1, 3].map { threads in
      try withSuite(suite, files) { path in
        try Evaluation(of: TinyModel.subject(threads: threads), on: Suite(path: path)).tasks
      }
    }
    #expect(results[0] == results[1])
  }
}
