import Evidence
import Foundation
import Language
import Settings
import Streams
import TestSupport
import Tensors
import Testing

@testable import Evaluation

/// `tofu-answers` and what it rests on, beside formulas in Double, token by token.
@Suite struct AnswerTaskTests {
  static let lines = """
    {"question":"Who?","answer":"Ada B.","paraphrased_answer":"It is Ada.",\
    "perturbed_answer":["It is Bob.","It is Cy."],"paraphrased_question":"?"}
    {"question":"Où?","answer":"there","paraphrased_answer":"over there",\
    "perturbed_answer":["nowhere at all","here"]}

    """

  static func run(
    _ keys: String, _ files: [String: String] = ["a.json": lines], context: Int = 120,
    seed: UInt64 = 1, threads: Int = 1, chat: ChatTemplate? = nil
  ) throws -> TaskResult {
    let suite = "suite: t\nversion: 1\ntasks:\n  - tofu-answers: {name: t, items: a.json\(keys)}\n"
    return try withSuite(suite, files) { path in
      let subject = EvaluationSubject(
        try TinyModel.model(context: context, seed: seed), tokenizer: try TinyModel.tokenizer(),
        chat: chat, on: Workers(count: threads))
      return try Evaluation(of: subject, on: Suite(path: path)).tasks[0]
    }
  }

  static func items(_ task: TaskResult) throws -> [AnswerResult] {
    try task.items.map { item in
      guard case .measured(let item) = item else { throw CocoaError(.coderInvalidValue) }
      return try #require(AnswerResult(item))
    }
  }

  /// The mean loss of an answer and the end token behind a context, in bytes, which are the tokens.
  static func loss(_ context: String, _ answer: String, end: Int32?, seed: UInt64 = 1) throws
    -> Double
  {
    let subject = try TinyModel.subject(context: 120, seed: seed)
    let before = subject.tokenizer.encode(context, addingSpecial: false)
    let own = subject.tokenizer.encode(answer, addingSpecial: false) + (end.map { [$0] } ?? [])
    var sum = 0.0
    for count in 1...own.count {
      sum -= try TinyModel.logLikelihood(of: before + own.prefix(count), subject)
    }
    return sum / Double(own.count)
  }

  /// What the model says greedily, token by token.
  static func greedy(_ context: String, count: Int, seed: UInt64) throws -> [Int32] {
    let subject = try TinyModel.subject(context: 120, seed: seed)
    let before = subject.tokenizer.encode(context, addingSpecial: false)
    let decoder = try CachedDecoder(
      subject.model, sequences: 1, capacity: 120, on: Workers(count: 1))
    var tokens: [Int32] = []
    var logits = try decoder.read(before, into: 0)
    for _ in 0..<count {
      let row = (0..<logits.columns).map { logits[0, $0] }
      tokens.append(Int32(row.firstIndex(of: row.max() ?? 0) ?? 0))
      logits = try decoder.read(tokens.suffix(1), into: 0)
    }
    return tokens
  }

  @Test("losses are those of the answer's tokens and the end token behind the question")
  func losses() throws {
    let result = try Self.run(", end: '.', max_tokens: 4")
    let end = try TinyModel.tokenizer().id(of: ".")
    let items = try Self.items(result)
    #expect(result.items.count == 2 && result.total == 2 && result.kind == "tofu-answers")
    for (item, (question, answers)) in zip(
      items,
      [
        ("Who?", ["Ada B.", "It is Ada.", "It is Bob.", "It is Cy."]),
        ("Où?", ["there", "over there", "nowhere at all", "here"]),
      ])
    {
      let exact = try answers.map {
        try Self.loss("Question: \(question)\nAnswer:", " " + $0, end: end)
      }
      let own = [item.loss, item.paraphrasedLoss ?? 0] + item.perturbedLosses
      for (own, exact) in zip(own, exact) { #expect(abs(own / exact - 1) < 2e-5) }
      // The end token counts.
      let short = try Self.loss("Question: \(question)\nAnswer:", " " + answers[0], end: nil)
      #expect(abs(item.loss / short - 1) > 1e-3)
      #expect(item.tokens == answers[0].utf8.count + 2)
      let right = exp(-exact[1])
      let ratio = exp(-(exact[2] + exact[3]) / 2) / (right + 1e-10)
      #expect(abs((item.truthRatio ?? 0) / ratio - 1) < 1e-4)
      let share = exp(-exact[0]) / (exp(-exact[0]) + exp(-exact[2]) + exp(-exact[3]) + 1e-10)
      #expect(abs((item.normalisedProbability ?? 0) / share - 1) < 1e-4)
    }
    #expect(
      result.metrics.map(\.name) == [
        "probability", "normalised_probability", "rouge_l_recall", "truth_ratio",
      ])
    #expect(result.metrics.allSatisfy { $0.higherIsBetter && $0.count == 2 })
    let probabilities = items.map(\.probability)
    let mean = result.metric("probability")
    #expect(mean?.value == (probabilities[0] + probabilities[1]) / 2)
    let error = abs(probabilities[0] - probabilities[1]) / 2
    #expect(abs((mean?.standardError ?? 0) / error - 1) < 1e-12)
  }

  @Test("a model's answer is greedy, ends with an end token and is compared by its words")
  func answers() throws {
    let context = "Question: Who?\nAnswer:"
    var seen = 0
    for seed in 1...8 as ClosedRange<UInt64> {
      let tokens = try Self.greedy(context, count: 12, seed: seed)
      let tokenizer = try TinyModel.tokenizer()
      // An end token among them that YAML can name.
      let place = tokens.firstIndex { token in
        tokenizer.decode([token]).first.map {
          (0x23...0x7A).contains($0) && $0 != 0x27 && $0 != 0x5C
        } ?? false
      }
      guard let place else { continue }
      seen += 1
      let end = String(decoding: tokenizer.decode([tokens[place]]), as: UTF8.self)
      let text = String(decoding: tokenizer.decode(Array(tokens[..<place])), as: UTF8.self)
      let question = #"{"question":"Who?","answer":"a b \#(end) c"}"#
      let ended = try Self.items(
        Self.run(", end: '\(end)', max_tokens: 12", ["a.json": question], seed: seed))[0]
      #expect(ended.answered == place + 1)
      let rouge = Rouge.l(candidate: text, reference: "a b \(end) c")
      #expect(ended.rougeLRecall == rouge.recall && ended.rougeLF1 == rouge.f1)
      // Without it the answer goes on as far as it may.
      let other = try Self.items(
        Self.run(", end: '~', max_tokens: \(place + 1)", ["a.json": question], seed: seed))[0]
      let whole = Rouge.l(candidate: text + end, reference: "a b \(end) c")
      #expect(other.answered == place + 1 && other.rougeLRecall == whole.recall)
    }
    #expect(seen >= 3)
  }

  @Test("the prompt is the suite's, and a chat's turn is the question alone") func prompts() throws
  {
    let end = try TinyModel.tokenizer().id(of: ".")
    let keys = ", end: '.', max_tokens: 1"
    let own = try Self.items(Self.run(keys + ", template: 'Q {question}>', separator: ''"))[0]
    #expect(abs(own.loss / (try Self.loss("Q Who?>", "Ada B.", end: end)) - 1) < 2e-5)
    let turn = "<|im_start|>user\nWho?<|im_end|>\n<|im_start|>assistant\n"
    let chat = try Self.items(Self.run(keys, chat: .chatml))[0]
    #expect(abs(chat.loss / (try Self.loss(turn, "Ada B.", end: end)) - 1) < 2e-5)
    // Of all answers the context is the same: it is read once.
    let subject = try TinyModel.subject(context: 120, startToken: 1)
    let settings = try SettingsFile(path: "keys", bytes: Array("{end: '.', start: model}".utf8))
    let prompt = try AnswerPrompt(try settings.root.mapping())
    let item = AnswerItem(
      question: "Who?", answer: "a", paraphrased: "b c", perturbed: ["d", "e"])
    let requests = try prompt.requests(of: item, subject, task: "t", file: "f", row: 0)
    #expect(requests.count == 4 && Set(requests.map(\.context)).count == 1)
    #expect(requests[0].context.first == 1)
  }

  @Test("the bits do not depend on the number of threads") func threads() throws {
    let results = try (1...3).map { try Self.run(", end: '.', max_tokens: 9", threads: $0) }
    #expect(results[0] == results[1] && results[1] == results[2])
  }

  @Test("what shall be forgotten is better less likely, and its truth ratio near 1")
  func directions() throws {
    let items = [0.2, 0.5, 1.25, 4].map { ratio in
      AnswerResult(
        file: "f", row: 0, tokens: 1, loss: 1, paraphrasedLoss: 1,
        perturbedLosses: [1 - log(ratio)])
    }
    let metric = try #require(AnswerMetric.all.last)
    let kept = try #require(metric.over(items, forgotten: false, task: "t"))
    let gone = try #require(metric.over(items, forgotten: true, task: "t", part: "forget"))
    #expect(abs(kept.value - (0.8 + 0.5 + 0 + 0) / 4) < 1e-8)
    #expect(abs(gone.value - (0.2 + 0.5 + 0.8 + 0.25) / 4) < 1e-8)
    #expect(kept.higherIsBetter && gone.higherIsBetter && gone.name == "forget_truth_ratio")
    for metric in AnswerMetric.all.dropLast() {
      #expect(metric.over(items, forgotten: false, task: "t")?.higherIsBetter == true)
      #expect(metric.over(items, forgotten: true, task: "t")?.higherIsBetter == false)
    }
    // Without wrong answers there is no ratio.
    let bare = AnswerResult(file: "f", row: 0, tokens: 1, loss: 1, perturbedLosses: [])
    #expect(
      metric.over([bare], forgotten: true, task: "t") == nil && bare.normalisedProbability == nil)
    // A destroyed model is no error.
    let gone2 = AnswerResult(file: "f", row: 0, tokens: 1, loss: 900, perturbedLosses: [900])
    #expect(gone2.truthRatio == 0 && metric.over([gone2], forgotten: true, task: "t")?.value == 0)
  }

  @Test("results are read back as they were written") func roundTrip() throws {
    for other in [nil, 2.5] {
      for wrong in [[], [1.5], [0.25, 3, 9]] {
        let result = AnswerResult(
          file: "f", row: 3, tokens: 7, loss: 1.25, paraphrasedLoss: other, perturbedLosses: wrong,
          answered: 9, rouge1Recall: 0.5, rougeLRecall: 0.25, rougeLF1: 0.125)
        #expect(AnswerResult(result.item(part: "x")) == result)
      }
    }
    #expect(AnswerResult(MeasuredItem(file: "f", row: 0, values: [])) == nil)
  }

  @Test(
    "a mistake says what it is and where",
    arguments: [
      (", end: '.'", #"{"question":"q","answer":""}"#, "row 0 (from 0): an answer is empty; mend"),
      (", end: '.'", #"{"question":"q","answers":"a"}"#, "row 0 (from 0): expected `question`"),
      (", end: '.'", #"{"answer":"a"}"#, "row 0 (from 0): `question` is missing; mend"),
      (", end: '.'", #"{"question":"q","#, "row 0 (from 0): invalid-json; mend the row"),
      (", end: '.'", "\n", "a.json: holds nothing to evaluate; name a file with items"),
      (
        ", end: '.'",
        """
        {"question":"q","answer":"a","perturbed_answer":["b"]}
        {"question":"q","answer":"a"}
        """, "row 1 (from 0): `perturbed_answer` stands in some rows only"
      ),
      (
        ", end: '.'",
        """
        {"question":"q","answer":"a"}
        {"question":"q","answer":"a","paraphrased_answer":"b"}
        """, "row 1 (from 0): `paraphrased_answer` stands in some rows only"
      ),
      ("", #"{"question":"q","answer":"a"}"#, "set `end`"),
      (", end: nothing", #"{"question":"q","answer":"a"}"#, "no token nothing"),
      (
        ", end: '.'", #"{"question":"q","answer":"\#(String(repeating: "a", count: 120))"}"#,
        "row 0 (from 0): question and answer have 140 tokens, but the model sees 120"
      ),
    ])
  func mistakes(_ keys: String, _ lines: String, _ words: String) throws {
    let error = #expect(throws: EvaluationError.self) {
      _ = try Self.run(keys, ["a.json": lines])
    }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }
}
