import Foundation
import Language
import Tensors
import TestSupport
import Testing

@testable import Evaluation

@Suite struct MUSETaskTests {
  /// What the model says behind a text, greedily, one token at a time.
  static func said(_ prompt: String, _ count: Int) throws -> String {
    let subject = try TinyModel.subject(context: 120)
    var tokens = subject.tokenizer.encode(prompt, addingSpecial: false)
    let start = tokens.count
    for _ in 0..<count {
      let log = try ForcedTokensTests.plain(tokens + [0], subject)[tokens.count - 1]
      tokens.append(Int32(log.indices.max { log[$0] < log[$1] } ?? 0))
    }
    return String(
      decoding: subject.tokenizer.decode(Array(tokens[start...])), as: UTF8.self)
  }

  static func line(_ members: [String: String]) throws -> String {
    let bytes = try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys])
    return String(decoding: bytes, as: UTF8.self) + "\n"
  }

  @Test("verbatim memorisation compares what the model says with as much of the truth")
  func verbatim() throws {
    let prompts = (0..<4).map { "Some text number \($0) goes" }
    let truths = ["a b c d e f", "x", "one two", "nothing at all like it"]
    let lines = try zip(prompts, truths).map { try Self.line(["prompt": $0, "gt": $1]) }.joined()
    let result = try TaskTests.run(
      "muse: {name: m, verbatim: v.jsonl, continuation: 12}", ["v.jsonl": lines])
    let items = MemorisationTaskTests.items(result)
    var sum = 0.0
    for ((prompt, truth), item) in zip(zip(prompts, truths), items) {
      // A byte is a token: twelve bytes of the truth count.
      let score = Rouge.l(
        candidate: try Self.said(prompt, 12),
        reference: String(decoding: Array(truth.utf8).prefix(12), as: UTF8.self), stemming: true)
      #expect(item.value("verbatimRougeLF1") == score.f1)
      #expect(item.value("verbatimTokens") == 12)
      sum += score.f1
    }
    let metric = try #require(result.metric("verbatim_rouge_l_f1"))
    #expect(abs(metric.value - sum / 4) < 1e-12 && !metric.higherIsBetter)
    #expect(result.metric("knowledge_rouge_l_f1") == nil)
  }

  @Test("what the model says itself is memorised wholly") func memorised() throws {
    // A prompt behind which the model says words at all.
    let found = try (0..<60).map { "\($0) text" }.first {
      try !Rouge.words(Self.said($0, 16), stemming: false).isEmpty
    }
    let prompt = try #require(found)
    // Its words alone are no longer than all that it says.
    let truth = Rouge.words(try Self.said(prompt, 16), stemming: false)
      .map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
    let result = try TaskTests.run(
      "muse: {name: m, verbatim: v.jsonl, continuation: 16, knowledge: k.jsonl, answer: 4}",
      [
        "v.jsonl": try Self.line(["prompt": prompt, "gt": truth]),
        "k.jsonl": try Self.line(["question": "Who?", "answer": "ann"]),
      ])
    #expect(result.metric("verbatim_rouge_l_f1")?.value == 1)
    let knowledge = try #require(result.metric("knowledge_rouge_l_recall"))
    #expect(knowledge.count == 1 && knowledge.interval == nil)
  }

  @Test("examples stand before a question, never itself, and stops end an answer")
  func knowledge() throws {
    let shown = try ["Who?", "What?", "How?"].map {
      try Self.line(["question": $0, "answer": "of \($0.count)"])
    }.joined()
    let result = try TaskTests.run(
      "muse: {name: m, knowledge: k.jsonl, shots: 1, examples: k.jsonl, answer: 6, stops: []}",
      ["k.jsonl": shown])
    let items = MemorisationTaskTests.items(result)
    let contexts = [
      "Question: What?\nAnswer: of 5\n\nQuestion: Who?\nAnswer:",
      "Question: Who?\nAnswer: of 4\n\nQuestion: What?\nAnswer:",
      "Question: Who?\nAnswer: of 4\n\nQuestion: How?\nAnswer:",
    ]
    for (item, (context, truth)) in zip(items, zip(contexts, ["of 4", "of 5", "of 4"])) {
      let score = Rouge.l(
        candidate: try Self.said(context, 6), reference: truth, stemming: true)
      #expect(item.value("knowledgeRougeLRecall") == score.recall)
      #expect(item.value("knowledgeTokens") == 6)
    }
    #expect(result.shots == 1)
    // Stops of every character end an answer with its first one.
    let stops = (32..<127).map { "\"\\u00\(String($0, radix: 16))\"" }.joined(separator: ", ")
    let stopped = try TaskTests.run(
      "muse: {name: m, knowledge: k.jsonl, answer: 60, stops: [\(stops)]}", ["k.jsonl": shown])
    let counts = MemorisationTaskTests.items(stopped).compactMap { $0.value("knowledgeTokens") }
    #expect(counts.count == 3 && counts.contains { $0 < 60 })
    #expect(stopped.metric("knowledge_rouge_l_recall")?.value == 0)
  }

  @Test("what does not fit the model is an error with its row") func refusals() throws {
    let lines = try Self.line(["prompt": String(repeating: "a", count: 115), "gt": "b"])
    let error = try #require(throws: EvaluationError.self) {
      try TaskTests.run("muse: {name: m, verbatim: v.jsonl}", ["v.jsonl": lines])
    }
    guard case .item("v.jsonl", 0, _) = error else {
      Issue.record("\(error)")
      return
    }
    let shots = try #require(throws: EvaluationError.self) {
      try TaskTests.run(
        "muse: {name: m, knowledge: k.jsonl, shots: 2, examples: k.jsonl}",
        [
          "k.jsonl": try Self.line(["question": "Who?", "answer": "ann"])
            + Self.line(["question": "What?", "answer": "it"])
        ])
    }
    // A question is no example of its own.
    #expect(shots == .examples(file: "k.jsonl", count: 1, shots: 2))
    #expect("\(shots)".contains("give more") && !"\(shots)".contains("row"))
    for task in [
      "muse: {name: m}", "muse: {name: m, knowledge: v.jsonl, shots: 2}",
      "muse: {name: m, verbatim: v.jsonl, template: \"no place\"}",
    ] {
      #expect(throws: (any Error).self) { try TaskTests.run(task, ["v.jsonl": lines]) }
    }
  }
}
