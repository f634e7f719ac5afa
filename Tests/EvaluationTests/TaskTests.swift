import Evidence
import Foundation
import Language
import Streams
import Tensors
import TestSupport
import Testing

@testable import Evaluation

@Suite struct TaskTests {
  static let questions = """
    {"question":"Which?","choices":["one","two more"],"answer":1}
    {"question":"Who?","choices":["é","b","c"],"answer":0}

    """

  static func run(
    _ task: String, _ files: [String: String], startToken: Int32? = nil, context: Int = 120
  ) throws -> TaskResult {
    let suite = "suite: t\nversion: 1\ntasks:\n  - \(task)\n"
    return try withSuite(suite, files) { path in
      let subject = try TinyModel.subject(context: context, startToken: startToken)
      return try Evaluation(of: subject, on: Suite(path: path)).tasks[0]
    }
  }

  /// The log-likelihood of `text` behind `context`, in bytes, which are the tokens.
  static func expected(_ context: String, _ text: String, context size: Int = 120) throws
    -> Double
  {
    let subject = try TinyModel.subject(context: size)
    let before = subject.tokenizer.encode(context, addingSpecial: false)
    let own = subject.tokenizer.encode(text, addingSpecial: false)
    return try ContinuationScorer(subject).score([
      ContinuationRequest(context: before, continuation: own)
    ])[0]
  }

  @Test("examples stand before each question, with their answers") func shots() throws {
    let task = """
      multiple-choice: {name: q, items: q.jsonl, shots: 1, examples: q.jsonl, \
      description: "D.\\n\\n", template: "{question} "}
      """
    let result = try Self.run(task, ["q.jsonl": Self.questions])
    // White space at the end of a context goes to the continuation.
    let context = "D.\n\nWhich?  two more\n\nWho?"
    guard case .choice(let item) = result.items[1] else { return }
    for (choice, score) in zip(["é", "b", "c"], item.logLikelihoods) {
      let sum = try Self.expected(context, "  " + choice)
      #expect(abs(score - sum) <= 1e-5 * abs(sum))
    }
    #expect(item.characters == [1, 1, 1])
    #expect(item.bytes == [2, 1, 1])
    #expect(result.shots == 1)
    #expect(result.metric("acc")?.count == 2)
  }

  @Test("letters are scored where the form says so") func letters() throws {
    let result = try Self.run(
      "multiple-choice: {name: q, items: q.jsonl, form: letters, limit: 1}",
      ["q.jsonl": Self.questions])
    #expect(result.items.count == 1)
    guard case .choice(let item) = result.items[0] else { return }
    for (choice, score) in zip(["A", "B"], item.logLikelihoods) {
      let sum = try Self.expected("Which?\nA. one\nB. two more\nAnswer:", " " + choice)
      #expect(abs(score - sum) <= 1e-5 * abs(sum))
    }
  }

  @Test("what the model cannot see is cut at the beginning, and said") func cut() throws {
    let task = "multiple-choice: {name: q, items: q.jsonl}"
    let whole = try Self.run(task, ["q.jsonl": Self.questions], context: 120)
    let short = try Self.run(task, ["q.jsonl": Self.questions], context: 16)
    func cut(_ result: TaskResult) -> [Bool] {
      result.items.map { if case .choice(let item) = $0 { item.isCut } else { false } }
    }
    #expect(cut(whole) == [false, false])
    #expect(cut(short) == [true, true])
    #expect(throws: EvaluationError.self) {
      _ = try Self.run(task, ["q.jsonl": Self.questions], context: 8)
    }
  }

  @Test("metrics pick by likelihood, by that of a character and by that of a byte") func metrics() {
    let items = [
      ChoiceResult(
        file: "", row: 0, answer: 0, logLikelihoods: [-4, -3], characters: [4, 2], bytes: [4, 2],
        isCut: false),
      ChoiceResult(
        file: "", row: 1, answer: 1, logLikelihoods: [-4, -6], characters: [2, 2], bytes: [2, 6],
        isCut: false),
      ChoiceResult(
        file: "", row: 2, answer: 0, logLikelihoods: [-1, -1], characters: [1, 1], bytes: [1, 1],
        isCut: false),
    ]
    #expect(ChoiceMetric.all.map { $0.over(items).value } == [1.0 / 3, 2.0 / 3, 1])
    let error = ChoiceMetric.all[0].over(items).standardError ?? 0
    #expect(abs(error - (1.0 / 3 * 2 / 3 / 2).squareRoot()) < 1e-12)
    #expect(ChoiceMetric.all[0].over([items[0]]).standardError == nil)
    let interval = ChoiceMetric.all[0].over(items).interval
    #expect(interval == Binomial.midP(successes: 1, of: 3, confidence: 0.95))
  }

  @Test("the loss of a corpus is over its tokens, bytes and words") func loss() throws {
    let corpus = #"{"t":{"x":"ab cd"}}"# + "\n" + #"{"t":{"x":"é"}}"# + "\n" + #"{"t":{"x":""}}"#
    let result = try Self.run(
      "loss: {name: l, text: c.jsonl, field: t.x, start: model}", ["c.jsonl": corpus],
      startToken: 1)
    let texts = result.items.compactMap { if case .text(let text) = $0 { text } else { nil } }
    #expect(texts.map(\.tokens) == [5, 2, 0])
    #expect(texts.map(\.bytes) == [5, 2, 0])
    #expect(texts.map(\.words) == [2, 1, 1])
    let sum = texts.reduce(0) { $0 + $1.negativeLogLikelihood }
    #expect(result.metric("nll_per_token")?.value == sum / 7)
    #expect(result.metric("perplexity")?.value == exp(sum / 7))
    #expect(result.metric("bits_per_byte")?.value == sum / 7 / log(2))
    #expect(result.metric("word_perplexity")?.value == exp(sum / 3))
    #expect(result.metric("word_perplexity")?.count == 3)
    let bare = try Self.run(
      "loss: {name: l, text: c.jsonl, field: t.x, start: none}", ["c.jsonl": corpus])
    #expect(bare.metric("nll_per_token")?.count == 5)
    // Nothing stands before the first byte of a text: it is not scored, and not counted.
    let own = bare.items.compactMap { if case .text(let text) = $0 { text } else { nil } }
    #expect(own.map(\.bytes) == [4, 1, 0])
    #expect(own.map(\.words) == [2, 1, 1])
  }

  @Test("texts are the items of a loss's interval; one text has none") func intervals() throws {
    let corpus = (0..<12).map { "{\"text\":\"some text \($0 * $0)\"}\n" }.joined()
    let files = ["c.jsonl": corpus, "a.txt": String(repeating: "one text ", count: 9)]
    let many = try Self.run("loss: {name: l, text: c.jsonl}", files)
    #expect(many.metrics.count == LossMetric.all.count)
    for metric in many.metrics {
      let interval = try #require(metric.interval)
      #expect(interval.lower < metric.value && metric.value < interval.upper)
      #expect(interval.method == .bootstrap && interval.confidence == 0.95)
    }
    let again = try Self.run("loss: {name: l, text: c.jsonl}", files)
    #expect(again == many)
    let one = try Self.run("loss: {name: l, text: a.txt, window: 16}", files)
    #expect(one.metrics.allSatisfy { $0.interval == nil })
  }

  @Test("words are counted behind the first token") func words() {
    let cases: [(String, Int, Int)] = [
      ("a b c", 0, 3), ("a b c", 1, 2), ("ab c", 1, 2), (" a b", 0, 3), (" a b", 2, 1),
      ("a", 1, 0), ("", 0, 1), ("a ", 1, 1), ("\u{3000}a", 3, 1),
    ]
    for (text, count, words) in cases {
      #expect(WhiteSpace.words(Array(text.utf8), behind: count) == words, "\(text) \(count)")
    }
  }

  @Test("the loss of a byte is the same for all strides but for what a token sees")
  func strides() throws {
    let text = String(repeating: "abcdefgh", count: 12)
    for (window, stride) in [(96, 96), (16, 16), (16, 5), (95, 1)] {
      let result = try Self.run(
        "loss: {name: l, text: a.txt, start: none, window: \(window), stride: \(stride)}",
        ["a.txt": text])
      #expect(result.metric("nll_per_token")?.count == 95)
      #expect(result.metric("nll_per_byte")?.count == 95)
      // One byte is one token here.
      #expect(result.metric("nll_per_byte")?.value == result.metric("nll_per_token")?.value)
    }
  }

  @Test("texts of which no token can be scored are an error") func nothingScored() throws {
    #expect(throws: EvaluationError.nothingScored(task: "l")) {
      _ = try Self.run(
        "loss: {name: l, text: c.jsonl, start: none}",
        ["c.jsonl": #"{"text":"a"}"# + "\n" + #"{"text":""}"# + "\n"])
    }
    #expect(EvaluationError.nothingScored(task: "l").consequence == .input)
  }

  @Test("logits that are no numbers are a damaged checkpoint") func notFinite() throws {
    for task in ["loss: {name: l, text: a.txt}", "multiple-choice: {name: l, items: q.jsonl}"] {
      let error = try #require(throws: EvaluationError.self) {
        try withSuite(
          "suite: t\nversion: 1\ntasks:\n  - \(task)\n",
          ["a.txt": "text", "q.jsonl": Self.questions]
        ) { path in
          let model = try TinyModel.model(context: 120)
          for parameter in model.layout.parameters where parameter.name == "lm_head.weight" {
            for index in parameter.place.range { model.weights.base[index] = .infinity }
          }
          let subject = EvaluationSubject(
            model, tokenizer: try TinyModel.tokenizer(), on: Workers(count: 1))
          _ = try Evaluation(of: subject, on: Suite(path: path))
        }
      }
      #expect(error.consequence == .input, "\(error)")
    }
  }

  @Test("what cannot be evaluated is an error that says where") func refusals() throws {
    let files = ["a.txt": "text", "bad.jsonl": "{\"text\":\"a\"}\n{}\n"]
    #expect(throws: EvaluationError.window(task: "l", window: 200, context: 120)) {
      _ = try Self.run("loss: {name: l, text: a.txt, window: 200}", files)
    }
    #expect(throws: EvaluationError.window(task: "l", window: 121, context: 120)) {
      _ = try Self.run("loss: {name: l, text: a.txt, stride: 121}", files)
    }
    #expect(
      throws: EvaluationError.record(file: "bad.jsonl", row: 1, reason: "missing-text")
    ) {
      _ = try Self.run("loss: {name: l, text: bad.jsonl}", files)
    }
    #expect(throws: EvaluationError.noStart(task: "l")) {
      _ = try Self.run("loss: {name: l, text: a.txt, start: model}", files)
    }
  }

  @Test("results in lm-eval's form have its names") func harness() throws {
    let suite = """
      suite: t
      version: 3
      tasks:
        - multiple-choice: {name: quiz, items: q.jsonl}
        - multiple-choice: {name: short, items: [q.jsonl, q.jsonl], limit: 1}
        - loss: {name: prose, text: a.txt}
      """
    try withSuite(suite, ["q.jsonl": Self.questions, "a.txt": "A text."]) { path in
      let evaluation = try Evaluation(
        of: TinyModel.subject(context: 120), on: Suite(path: path))
      let object = try #require(
        try JSONSerialization.jsonObject(
          with: Data(evaluation.harnessJSON(of: "m").bytes)) as? [String: Any])
      let results = try #require(object["results"] as? [String: [String: Any]])
      #expect(results["quiz"]?["acc,none"] as? Double == evaluation.tasks[0].metric("acc")?.value)
      #expect(results["quiz"]?["acc_norm_stderr,none"] is Double)
      let perplexity = try #require(evaluation.tasks[2].metric("byte_perplexity")?.value)
      let written = try #require(results["prose"]?["byte_perplexity,none"] as? Double)
      // Foundation's reader may be one bit off.
      #expect(abs(written - perplexity) <= 1e-15 * perplexity)
      #expect(results["prose"]?["byte_perplexity_stderr,none"] as? String == "N/A")
      let higher = try #require(object["higher_is_better"] as? [String: [String: Bool]])
      #expect(higher["quiz"]?["acc"] == true && higher["prose"]?["byte_perplexity"] == false)
      // As lm-eval: how many there are, how many were scored, and why not all.
      let samples = try #require(object["n-samples"] as? [String: [String: Int]])
      #expect(samples["quiz"] == ["original": 2, "effective": 2])
      #expect(samples["short"] == ["original": 4, "effective": 1])
      let configs = try #require(object["configs"] as? [String: [String: Any]])
      #expect((configs["short"]?["metadata"] as? [String: Any])?["limit"] as? Int == 1)
      #expect((configs["quiz"]?["metadata"] as? [String: Any])?["limit"] is NSNull)
      #expect((object["config"] as? [String: Any])?["limit"] is NSNull)
      let own = try #require(
        try JSONSerialization.jsonObject(
          with: Data(evaluation.json(of: "m", items: true).bytes)) as? [String: Any])
      #expect((own["tasks"] as? [[String: Any]])?.map { $0["count"] as? Int } == [2, 1, 1])
    }
  }
}
