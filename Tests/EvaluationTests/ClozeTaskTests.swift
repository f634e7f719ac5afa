import Evidence
import Foundation
import Testing

@testable import Evaluation

@Suite struct ClozeTaskTests {
  @Test("an answer is scored for each of its tokens and bytes") func answers() throws {
    let lines =
      #"{"question":"Who?","answer":"ann"}"# + "\n" + #"{"question":"What?","answer":"é"}"# + "\n"
    let result = try TaskTests.run("cloze: {name: c, items: q.jsonl}", ["q.jsonl": lines])
    let items = MemorisationTaskTests.items(result)
    for (item, (question, answer)) in zip(items, [("Who?", "ann"), ("What?", "é")]) {
      let sum = try TaskTests.expected("Question: \(question)\nAnswer:", " " + answer)
      let bytes = Double(answer.utf8.count)
      #expect(abs((item.value("perToken") ?? 0) - sum / (bytes + 1)) < 1e-5 * abs(sum))
      #expect(abs((item.value("perByte") ?? 0) - sum / bytes) < 1e-5 * abs(sum))
      #expect(item.value("acc_norm") == nil)
    }
    let mean = items.compactMap { $0.value("perByte") }.reduce(0, +) / 2
    let metric = try #require(result.metric("log_probability_per_byte"))
    #expect(metric.value == mean && metric.higherIsBetter && metric.count == 2)
    #expect(result.metric("acc_norm") == nil)
  }

  @Test("with wrong answers acc_norm is that of multiple choice, in both forms") func choices()
    throws
  {
    let questions = (0..<12).map { row in
      (question: "Q\(row)?", answers: ["a\(row)", "bb\(row)b", "c", "dd dd"], right: row % 4)
    }
    let indexed = questions.map {
      "{\"question\":\"\($0.question)\",\"choices\":\($0.answers),\"answer\":\($0.right)}\n"
    }.joined()
    let named = questions.map { item in
      let wrong = item.answers.enumerated().filter { $0.offset != item.right }.map(\.element)
      return "{\"question\":\"\(item.question)\",\"answer\":\"\(item.answers[item.right])\","
        + "\"distractors\":\(wrong)}\n"
    }.joined()
    let files = ["i.jsonl": indexed, "n.jsonl": named]
    let choice = try TaskTests.run("multiple-choice: {name: m, items: i.jsonl}", files)
    let truth = try #require(choice.metric("acc_norm"))
    for file in ["i.jsonl", "n.jsonl"] {
      let cloze = try TaskTests.run("cloze: {name: c, items: \(file), forgotten: true}", files)
      let metric = try #require(cloze.metric("acc_norm"))
      #expect(metric.value == truth.value && metric.interval == truth.interval)
      #expect(!metric.higherIsBetter && truth.higherIsBetter)
      let interval = try #require(metric.interval)
      #expect(interval.method == .midP && interval.lower < interval.upper)
    }
  }

  @Test("what is no item is an error with its row, and no text of it") func refusals() throws {
    let good = #"{"question":"q","answer":"secret"}"# + "\n"
    for bad in [
      #"{"question":"q","answer":3}"#, #"{"question":"q","choices":["secret"],"answer":1}"#,
      #"{"question":"q","choices":["a"],"answer":"secret"}"#, #"{"question":"q","answer":""}"#,
      #"{"question":"q","answer":"secret","distractors":["b"]}"#, #"{"question":"q"}"#,
      #"{"question":"q","answer":"secret","answer":"b"}"#,
    ] {
      let error = try #require(throws: EvaluationError.self, "\(bad)") {
        try TaskTests.run("cloze: {name: c, items: q.jsonl}", ["q.jsonl": good + bad + "\n"])
      }
      #expect("\(error)".contains("row 1") && !"\(error)".contains("secret"), "\(error)")
    }
  }
}
