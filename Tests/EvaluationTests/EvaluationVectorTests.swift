import Foundation
import Language
import Streams
import Tensors
import TestSupport
import Testing

@testable import Evaluation

/// What PyTorch gives in float64 for the same questions (`Scripts/make-evaluation-vectors`).
@Suite struct EvaluationVectorTests {
  struct Record: Decodable {
    var task: String
    var row: Int?
    var scores: [Double]?
    var acc: Double?
    var acc_norm: Double?
    var acc_bytes: Double?
    var nll: Double?
    var tokens: Int?
    var bytes: Int?
    var words: Int?
  }

  static let subjects = [
    "high_school_geography", "world_religions", "econometrics", "professional_medicine",
  ]

  static func records() throws -> [Record] {
    let file = Repository.root.appendingPathComponent(
      "Tests/EvaluationTests/Fixtures/evaluation.jsonl")
    return try Data(contentsOf: file).split(separator: 10).map {
      try JSONDecoder().decode(Record.self, from: $0)
    }
  }

  /// The suite that the script has in its code.
  static func suite() -> String {
    let data = Repository.shared("data").path
    var text = "suite: vectors\nversion: 1\ntasks:\n"
    for subject in subjects {
      let items = "items: \(data)/mmlu/test/\(subject)_test.csv, limit: 12"
      let name = subject.replacingOccurrences(of: "_", with: " ")
      text += """
          - multiple-choice: {name: \(subject)-text, \(items)}
          - multiple-choice: {name: \(subject)-letters, form: letters, \(items)}
          - multiple-choice:
              name: \(subject)-shots
              form: letters
              shots: 2
              examples: \(data)/mmlu/dev/\(subject)_dev.csv
              description: "The following are multiple choice questions (with answers) about \
        \(name).\\n\\n"
              items: \(data)/mmlu/test/\(subject)_test.csv
              limit: 12

        """
    }
    for (window, stride) in [(512, 256), (64, 64), (100, 7)] {
      text += """
          - loss:
              name: loss-\(window)-\(stride)
              text: \(data)/stories260K/STORY.txt
              window: \(window)
              stride: \(stride)

        """
    }
    return text
  }

  static func evaluation(threads: Int = 2) throws -> Evaluation {
    try withSuite(suite()) { path in
      let model = try LanguageModel.load(folder: Repository.shared("data/stories260K/hf").path)
      let tokenizer = try Tokenizer(path: TrainedTokenizerTests.file.path)
      let subject = EvaluationSubject(
        model, tokenizer: tokenizer, on: Workers(count: threads))
      return try Evaluation(of: subject, on: Suite(path: path))
    }
  }

  /// The relative error that is allowed: PyTorch's own float32 comes to 2e-6.
  static let tolerance = 1e-5

  @Test(
    "MMLU and a story with stories260K are scored as PyTorch scores them",
    .enabled(if: Repository.shared != nil, "needs ../shared")) func vectors() throws
  {
    let evaluation = try Self.evaluation()
    var tasks: [String: TaskResult] = [:]
    for task in evaluation.tasks { tasks[task.name] = task }
    var scored = 0
    var worst = 0.0
    func compare(_ own: Double, _ exact: Double) { worst = max(worst, abs(own / exact - 1)) }
    for record in try Self.records() {
      let task = try #require(tasks[record.task])
      if let row = record.row, let scores = record.scores {
        guard case .choice(let item) = task.items[row] else { continue }
        #expect(item.logLikelihoods.count == scores.count)
        for (own, exact) in zip(item.logLikelihoods, scores) { compare(own, exact) }
        scored += scores.count
      } else if let nll = record.nll {
        guard case .text(let text) = task.items[0] else { continue }
        compare(text.negativeLogLikelihood, nll)
        #expect(text.tokens == record.tokens)
        #expect(text.bytes == record.bytes)
        #expect(text.words == record.words)
      } else {
        #expect(task.metric("acc")?.value == record.acc)
        #expect(task.metric("acc_norm")?.value == record.acc_norm)
        #expect(task.metric("acc_bytes")?.value == record.acc_bytes)
      }
    }
    #expect(scored == 4 * 3 * 12 * 4)
    #expect(worst <= Self.tolerance, "\(worst)")
    // Contexts longer than the model can see are among them.
    #expect(
      evaluation.tasks.flatMap(\.items).contains {
        if case .choice(let item) = $0 { item.isCut } else { false }
      })
  }
}
