import Foundation
import Language
import Streams
import TestSupport
import Tensors
import Testing

@testable import Evaluation

/// What lm-evaluation-harness 0.4.13 gave for the same questions (`Scripts/make-harness-vectors`).
@Suite struct HarnessVectorTests {
  struct Record: Decodable {
    var task: String
    var chat: Bool
    var metrics: [String: Double]
    var scores: [[Double]]
  }

  static func suite() -> String {
    let mmlu = Repository.shared("data/mmlu").path
    let items = "items: \(mmlu)/test/world_religions_test.csv, limit: 40"
    let letters = "form: letters, \(items)"
    return """
      suite: harness
      version: 1
      tasks:
        - multiple-choice: {name: text, \(items)}
        - multiple-choice: {name: letters, \(letters)}
        - multiple-choice: {name: shots, \(letters), shots: 2, \
      examples: \(mmlu)/dev/world_religions_dev.csv, \
      description: "The following are questions.\\n\\n"}
        - multiple-choice: {name: same, \(items), shots: 2, \
      examples: \(mmlu)/test/world_religions_test.csv}

      """
  }

  @Test(
    "log-likelihoods are the harness's, and accuracies and their errors to the bit",
    .enabled(if: Repository.shared != nil, "needs ../shared"), arguments: [false, true])
  func vectors(chat: Bool) throws {
    let file = Repository.root.appendingPathComponent(
      "Tests/EvaluationTests/Fixtures/harness.jsonl")
    let records = try Data(contentsOf: file).split(separator: 10)
      .map { try JSONDecoder().decode(Record.self, from: $0) }.filter { $0.chat == chat }
    #expect(records.count == 4)
    let model = try LanguageModel.load(folder: Repository.shared("data/stories260K/hf").path)
    let subject = EvaluationSubject(
      model, tokenizer: try Tokenizer(path: TrainedTokenizerTests.file.path),
      chat: chat ? .chatml : nil, on: Workers(count: 2))
    let evaluation = try withSuite(Self.suite()) {
      try Evaluation(of: subject, on: Suite(path: $0))
    }
    for record in records {
      let task = try #require(evaluation.tasks.first { $0.name == record.task })
      var worst = 0.0
      #expect(task.items.count == record.scores.count)
      for (item, scores) in zip(task.items, record.scores) {
        guard case .choice(let result) = item else { continue }
        for (own, other) in zip(result.logLikelihoods, scores) {
          worst = max(worst, abs(own - other) / (1e-4 + 1e-5 * abs(other)))
        }
      }
      #expect(worst <= 1, "\(record.task): \(worst)")
      for metric in task.metrics {
        #expect(record.metrics[metric.name] == metric.value)
        #expect(record.metrics["\(metric.name)_stderr"] == metric.standardError)
      }
    }
  }
}
