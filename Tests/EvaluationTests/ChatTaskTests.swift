import Foundation
import Language
import Streams
import TestSupport
import Tensors
import Testing

@testable import Evaluation

/// Questions as turns of a chat, and examples, by the rules of lm-evaluation-harness 0.4.13.
@Suite struct ChatTaskTests {
  static func items(
    _ task: String, chat: ChatTemplate?, _ files: [String: String], context: Int = 400
  ) throws -> [ChoiceResult] {
    let suite = "suite: t\nversion: 1\ntasks:\n  - \(task)\n"
    return try withSuite(suite, files) { path in
      let subject = EvaluationSubject(
        try TinyModel.model(context: context), tokenizer: try TinyModel.tokenizer(), chat: chat,
        on: Workers(count: 1))
      return try Evaluation(of: subject, on: Suite(path: path)).tasks[0].items.compactMap {
        if case .choice(let item) = $0 { item } else { nil }
      }
    }
  }

  static func close(_ own: [Double], _ exact: [Double]) -> Bool {
    own.count == exact.count && zip(own, exact).allSatisfy { abs($0 - $1) <= 1e-5 * abs($1) }
  }

  @Test("a description is the system's turn, an example two, and a choice follows at once")
  func turns() throws {
    let task = """
      multiple-choice: {name: q, items: q.jsonl, shots: 1, examples: e.jsonl, \
      description: "D.", form: letters}
      """
    let shown = #"{"question":"Why?","choices":["so","no"],"answer":1}"#
    let files = ["q.jsonl": TaskTests.questions, "e.jsonl": shown]
    let item = try Self.items(task, chat: .chatml, files)[0]
    let context = """
      <|im_start|>system
      D.<|im_end|>
      <|im_start|>user
      Why?
      A. so
      B. no
      Answer:<|im_end|>
      <|im_start|>assistant
      B<|im_end|>
      <|im_start|>user
      Which?
      A. one
      B. two more
      Answer:<|im_end|>
      <|im_start|>assistant
      """
    // White space at the end of a context goes to the continuation.
    let exact = try ["\nA", "\nB"].map { try TaskTests.expected(context, $0, context: 400) }
    #expect(Self.close(item.logLikelihoods, exact), "\(item.logLikelihoods) \(exact)")
    let plain = try Self.items(task, chat: nil, files)[0]
    #expect(!Self.close(plain.logLikelihoods, exact))
    // No template: the messages alone.
    let bare = try Self.items(
      "multiple-choice: {name: q, items: q.jsonl, limit: 1}", chat: ChatTemplate.none, files)[0]
    let own = try ["one", "two more"].map {
      try TaskTests.expected("Question: Which?\nAnswer:", $0, context: 400)
    }
    #expect(Self.close(bare.logLikelihoods, own))
  }

  @Test("an item is no example of its own where a file is both") func noLeak() throws {
    let task = "multiple-choice: {name: q, items: q.jsonl, shots: 1, examples: q.jsonl}"
    let items = try Self.items(task, chat: nil, ["q.jsonl": TaskTests.questions])
    let first = "Question: Who?\nAnswer: é\n\nQuestion: Which?\nAnswer:"
    let second = "Question: Which?\nAnswer: two more\n\nQuestion: Who?\nAnswer:"
    for (item, context, choices) in [
      (items[0], first, ["one", "two more"]), (items[1], second, ["é", "b", "c"]),
    ] {
      let exact = try choices.map { try TaskTests.expected(context, " " + $0, context: 400) }
      #expect(Self.close(item.logLikelihoods, exact))
    }
    // Another file with the same question is another matter, as there.
    let copied = try Self.items(
      "multiple-choice: {name: q, items: q.jsonl, shots: 1, examples: e.jsonl, limit: 1}",
      chat: nil, ["q.jsonl": TaskTests.questions, "e.jsonl": TaskTests.questions])
    let leak = "Question: Which?\nAnswer: two more\n\nQuestion: Which?\nAnswer:"
    let exact = try ["one", "two more"].map {
      try TaskTests.expected(leak, " " + $0, context: 400)
    }
    #expect(Self.close(copied[0].logLikelihoods, exact))
    #expect(throws: EvaluationError.self) {
      _ = try Self.items(
        "multiple-choice: {name: q, items: q.jsonl, shots: 2, examples: q.jsonl}", chat: nil,
        ["q.jsonl": TaskTests.questions])
    }
  }

  @Test("a text that begins with the start token gets none from the tokenizer's template")
  func startToken() throws {
    let json = String(
      decoding: try BPETrainer().train(vocabularySize: 256), as: UTF8.self)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    var changed = object
    changed["post_processor"] = [
      "type": "TemplateProcessing",
      "single": [
        ["SpecialToken": ["id": "!", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]],
      ],
      "pair": [] as [Any],
      "special_tokens": ["!": ["id": "!", "ids": [0], "tokens": ["!"]]],
    ]
    let bytes = Array(try JSONSerialization.data(withJSONObject: changed))
    let tokenizer = try Tokenizer(json: bytes, path: "template")
    let start = try #require(tokenizer.encode("").first)
    let text = Array("x".utf8)
    for startToken in [start, nil] {
      let subject = EvaluationSubject(
        try TinyModel.model(), tokenizer: tokenizer, startToken: startToken, on: Workers(count: 1))
      let begun = tokenizer.decode([start]) + text
      #expect(try subject.tokens(text, .tokenizer, task: "t").first == start)
      let tokens = try subject.tokens(begun, .tokenizer, task: "t")
      #expect(tokens.filter { $0 == start }.count == (startToken == nil ? 2 : 1))
    }
  }
}
