import Evidence
import Foundation
import Language
import Streams
import TestSupport
import Tensors
import Testing

@testable import Evaluation

/// The whole of TOFU: nine means, a reference model, and open-unlearning's files.
@Suite struct TOFUTaskTests {
  /// Invented questions of one part.
  static func lines(_ part: String, count: Int, paraphrased: Bool) -> String {
    (0..<count).map { row in
      let other = paraphrased ? #""paraphrased_answer":"it is \#(part) \#(row)","# : ""
      return
        #"{"question":"\#(part) \#(row)?","answer":"a \#(row)",\#(other)"#
        + #""perturbed_answer":["b \#(row)","c","d \#(part)"]}"# + "\n"
    }.joined()
  }

  static let files = [
    "f.json": lines("f", count: 6, paraphrased: true),
    "r.json": lines("r", count: 3, paraphrased: true),
    "a.json": lines("a", count: 2, paraphrased: false),
    "w.json": lines("w", count: 4, paraphrased: false),
  ]

  static func suite(_ keys: String = "", name: String = "t") -> String {
    """
    suite: t
    version: 1
    tasks:
      - tofu: {name: \(name), forget: f.json, retain: r.json, real_authors: a.json, \
    world_facts: w.json, end: '.', max_tokens: 3\(keys)}

    """
  }

  static func run(
    _ suite: String = suite(), _ more: [String: String] = [:], seed: UInt64 = 1
  ) throws -> Evaluation {
    try withSuite(suite, files.merging(more) { $1 }) { path in
      try Evaluation(of: try TinyModel.subject(context: 120, seed: seed), on: Suite(path: path))
    }
  }

  @Test("each part has its means, and the utility is the harmonic mean of nine") func parts() throws
  {
    let task = try Self.run().tasks[0]
    let names = ["probability", "normalised_probability", "rouge_l_recall", "truth_ratio"]
    let parts = ["forget", "retain", "real_authors", "world_facts"]
    #expect(
      task.metrics.map(\.name) == parts.flatMap { part in names.map { "\(part)_\($0)" } } + [
        "model_utility"
      ])
    #expect(
      task.metrics.filter { !$0.higherIsBetter }.map(\.name) == [
        "forget_probability", "forget_normalised_probability", "forget_rouge_l_recall",
      ])
    #expect(task.items.count == 15 && task.total == 15)
    #expect(task.metric("world_facts_truth_ratio")?.count == 4)
    // A part alone has the numbers that it has among the others.
    let alone = try withSuite(
      "suite: t\nversion: 1\ntasks:\n  - tofu-answers: {name: t, items: f.json, end: '.', "
        + "max_tokens: 3, forget: true}\n", Self.files
    ) { path in
      try Evaluation(of: try TinyModel.subject(context: 120), on: Suite(path: path)).tasks[0]
    }
    for name in names {
      let own = try #require(task.metric("forget_\(name)"))
      let other = try #require(alone.metric(name))
      #expect(abs(own.value - other.value) <= 1e-5 * abs(other.value))
      #expect(own.higherIsBetter == other.higherIsBetter)
    }
  }

  @Test("one of the nine that is 0 makes the utility 0, one that is missing makes none")
  func utility() throws {
    func metrics(_ values: [Double]) -> [MetricValue] {
      zip(NineMeans.names, values).map {
        MetricValue(name: $0, value: $1, count: 10, higherIsBetter: true)
      }
    }
    #expect(
      NineMeans.names == [
        "retain_probability", "retain_rouge_l_recall", "retain_truth_ratio",
        "real_authors_normalised_probability", "real_authors_rouge_l_recall",
        "real_authors_truth_ratio", "world_facts_normalised_probability",
        "world_facts_rouge_l_recall", "world_facts_truth_ratio",
      ])
    let values = [0.5, 0.25, 1, 0.5, 0.25, 1, 0.5, 0.25, 1]
    let utility = try #require(NineMeans.over(metrics(values)))
    #expect(abs(utility.value - 9 / (3 * (2 + 4 + 1))) < 1e-15 && utility.count == 30)
    #expect(NineMeans.over(metrics([0] + values.dropFirst()))?.value == 0)
    #expect(NineMeans.over(metrics(values.dropLast())) == nil)
  }

  @Test("means and utility lie in their intervals, which are of the items") func intervals() throws
  {
    var generator = SeededGenerator(seed: 6)
    let parts = TOFUPart.allCases.map { part in
      (
        part,
        (0..<20).map { row in
          func loss() -> Double { .random(in: 0.1...2, using: &generator) }
          let (right, wrong) = (loss(), [loss() + 1, loss() + 1])
          return AnswerResult(
            file: "f", row: row, tokens: 3, loss: right, paraphrasedLoss: right,
            perturbedLosses: wrong, rougeLRecall: .random(in: 0...1, using: &generator))
        }
      )
    }
    let metrics = parts.flatMap { part, items in
      AnswerMetric.all.compactMap {
        $0.over(items, forgotten: part == .forget, task: "t", part: part.rawValue)
      }
    }
    let interval = NineMeans.interval(of: parts, task: "t")
    let utility = try #require(NineMeans.over(metrics, interval: interval))
    for metric in metrics + [utility] {
      let interval = try #require(metric.interval)
      #expect((interval.lower..<interval.upper).contains(metric.value), "\(metric.name)")
      #expect(interval.method == .bootstrap && interval.upper - interval.lower < 0.5)
    }
    // Few items, or a mean of 0, have none.
    #expect(NineMeans.interval(of: parts.map { ($0.0, Array($0.1.prefix(5))) }, task: "t") == nil)
    let silent = parts.map { part, items in
      (
        part,
        items.map {
          AnswerResult(
            file: "f", row: $0.row, tokens: 3, loss: $0.loss, perturbedLosses: $0.perturbedLosses)
        }
      )
    }
    #expect(NineMeans.interval(of: silent, task: "t") == nil)
  }

  @Test("forget quality is the exact test beside our log, or open-unlearning's of the same model")
  func references() throws {
    let (own, other) = (try Self.run(), try Self.run(seed: 2))
    let ours = other.json(of: "m", items: true).text
    // Three of forget's are better smaller.
    #expect(ours.components(separatedBy: #""higherIsBetter":false"#).count == 4)
    #expect(ours.components(separatedBy: #""part":"forget""#).count == 7)
    let log = try #require(OpenUnlearningLog(other))
    let published = log.evaluation.text
    // Without the parts of the ratio.
    var short = try #require(
      try JSONSerialization.jsonObject(with: Data(published.utf8)) as? [String: Any])
    short["forget_Q_A_PARA_Prob"] = nil
    let scores = String(
      decoding: try JSONSerialization.data(withJSONObject: short), as: UTF8.self)
    func ratios(_ evaluation: Evaluation) throws -> [Double] {
      try AnswerTaskTests.items(evaluation.tasks[0]).prefix(6).compactMap(\.truthRatio)
    }
    let exact = KolmogorovSmirnov(try ratios(own), try ratios(other))
    #expect(exact.distance > 0)
    for text in [ours, published, scores] {
      let task = try Self.run(Self.suite(", reference: l.json"), ["l.json": text]).tasks[0]
      #expect(task.metric("forget_quality")?.value == exact.pValue)
      #expect(task.metric("forget_distance")?.value == exact.distance)
      #expect(task.metric("forget_distance")?.higherIsBetter == false)
    }
    let same = try Self.run(
      Self.suite(", reference: l.json"), ["l.json": own.json(of: "m", items: true).text])
    #expect(same.tasks[0].metric("forget_quality")?.value == 1)
    // Two tasks of a log: the one of the same name.
    let two = Self.suite() + "  - tofu: " + Self.suite(name: "u").split(separator: "tofu: ")[1]
    let both = try Self.run(two).json(of: "m", items: true).text
    let named = try Self.run(Self.suite(", reference: l.json"), ["l.json": both]).tasks[0]
    #expect(named.metric("forget_quality")?.value == 1)
    let error = #expect(throws: EvaluationError.self) {
      _ = try Self.run(Self.suite(", reference: l.json", name: "v"), ["l.json": both])
    }
    #expect(error?.description.contains("none is called v") == true)
  }

  @Test("open-unlearning's files have its keys, in its order, and no text") func files() throws {
    let reference = try Self.run(seed: 2).json(of: "m", items: true).text
    let evaluation = try Self.run(Self.suite(", reference: l.json"), ["l.json": reference])
    let log = try #require(OpenUnlearningLog(evaluation))
    let summary = try #require(
      try JSONSerialization.jsonObject(with: Data(log.summary.bytes)) as? [String: Double])
    let names = [
      "forget_Q_A_PARA_Prob", "forget_Q_A_PERT_Prob", "forget_Q_A_Prob", "forget_Q_A_ROUGE",
      "forget_quality", "forget_truth_ratio", "model_utility", "ra_Q_A_PERT_Prob", "ra_Q_A_Prob",
      "ra_Q_A_Prob_normalised", "ra_Q_A_ROUGE", "ra_Truth_Ratio", "retain_Q_A_PARA_Prob",
      "retain_Q_A_PERT_Prob", "retain_Q_A_Prob", "retain_Q_A_ROUGE", "retain_Truth_Ratio",
      "wf_Q_A_PERT_Prob", "wf_Q_A_Prob", "wf_Q_A_Prob_normalised", "wf_Q_A_ROUGE",
      "wf_Truth_Ratio",
    ]
    #expect(summary.keys.sorted() == names)
    let places = names.compactMap { log.summary.text.range(of: "\"\($0)\"")?.lowerBound }
    #expect(places == places.sorted() && places.count == names.count)
    let whole = try #require(
      try JSONSerialization.jsonObject(with: Data(log.evaluation.bytes)) as? [String: Any])
    let task = evaluation.tasks[0]
    for (published, own) in [
      ("forget_Q_A_Prob", "forget_probability"), ("model_utility", "model_utility"),
      ("ra_Q_A_Prob_normalised", "real_authors_normalised_probability"),
      ("wf_Truth_Ratio", "world_facts_truth_ratio"), ("retain_Q_A_ROUGE", "retain_rouge_l_recall"),
      ("forget_truth_ratio", "forget_truth_ratio"), ("forget_quality", "forget_quality"),
    ] {
      // What reads JSON here rounds the last digit.
      let value = try #require(task.metric(own)?.value)
      #expect(abs((summary[published] ?? -1) - value) <= 1e-15 * value, "\(published)")
      #expect((whole[published] as? [String: Any])?["agg_value"] as? Double == summary[published])
    }
    func rows(_ name: String) throws -> [String: [String: Any]] {
      let metric = try #require(whole[name] as? [String: Any])
      return try #require(metric["value_by_index"] as? [String: [String: Any]])
    }
    #expect(try rows("wf_Q_A_ROUGE").keys.sorted() == ["0", "1", "2", "3"])
    #expect(
      try rows("wf_Q_A_ROUGE")["0"]?.keys.sorted() == [
        "rouge1_recall", "rougeL_f1", "rougeL_recall",
      ])
    #expect(try rows("forget_Q_A_Prob")["5"]?.keys.sorted() == ["avg_loss", "prob"])
    #expect(try (rows("forget_Q_A_PERT_Prob")["5"]?["prob"] as? [Double])?.count == 3)
    let item = try AnswerTaskTests.items(task)[5]
    let score = try #require(try rows("forget_truth_ratio")["5"]?["score"] as? Double)
    #expect(abs(score / (item.truthRatio ?? 0) - 1) < 1e-15)
    let means = try AnswerTaskTests.items(task).prefix(6).map { item in
      item.perturbedLosses.reduce(0) { $0 + exp(-$1) } / 3
    }
    #expect(abs((summary["forget_Q_A_PERT_Prob"] ?? 0) - means.reduce(0, +) / 6) < 1e-12)
  }

  @Test("a suite that open-unlearning's files cannot hold is told before the work") func published()
    throws
  {
    let none = "suite: t\nversion: 1\ntasks:\n  - loss: {name: l, text: f.json}\n"
    let two = Self.suite() + "  - tofu: " + Self.suite(name: "u").split(separator: "tofu: ")[1]
    for (text, count) in [(none, 0), (two, 2)] {
      try withSuite(text, Self.files) { path in
        let suite = try Suite(path: path)
        #expect(throws: EvaluationError.published(tasks: count)) {
          try OpenUnlearningLog.check(suite)
        }
      }
    }
  }

  @Test(
    "a reference that is none says why, before the work",
    arguments: [
      ("no json", "is no log"),
      ("{}", "has neither"),
      (#"{"forget_truth_ratio":{"value_by_index":{"0":{"score":null}}}}"#, "item 0 has no `score`"),
      (#"{"forget_truth_ratio":{"value_by_index":{"0":{"score":1}}}}"#, "1 questions, and the"),
      (#"{"tasks":[{"name":"t","kind":"tofu"}]}"#, "holds no items"),
      (#"{"tasks":[{"name":"t","kind":"loss"}]}"#, "holds 0 tasks"),
      (
        #"{"tasks":[{"name":"t","kind":"tofu","items":[{"part":"forget"}]}]}"#, "no `truthRatio`"
      ),
      (
        #"{"forget_Q_A_PARA_Prob":{"value_by_index":{"0":{"prob":1}}},"#
          + #""forget_Q_A_PERT_Prob":{"value_by_index":{"0":{"avg_loss":[1,2]}}}}"#,
        "item 0 has no `avg_loss`"
      ),
    ])
  func badReferences(_ text: String, _ words: String) throws {
    let error = #expect(throws: EvaluationError.self) {
      _ = try Self.run(Self.suite(", reference: l.json"), ["l.json": text])
    }
    #expect(error?.description.contains("l.json: ") == true)
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    #expect(error?.consequence == .input)
  }

  @Test("a part without wrong answers is none of TOFU's") func unperturbed() throws {
    let error = #expect(throws: EvaluationError.self) {
      _ = try Self.run(Self.suite(), ["w.json": #"{"question":"q","answer":"a"}"#])
    }
    let words = "w.json: row 0 (from 0): `perturbed_answer` is missing"
    #expect(error?.description.contains(words) == true)
  }
}
