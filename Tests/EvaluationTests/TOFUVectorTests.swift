import Foundation
import Language
import TestSupport
import Tensors
import Testing

@testable import Evaluation

/// What PyTorch gives in float64 for TOFU's questions (`Scripts/make-tofu-vectors`).
@Suite struct TOFUVectorTests {
  private struct Vectors: Decodable {
    struct Item: Decodable {
      var loss: Double
      var tokens: Int
      var truthRatio: Double
      var normalisedProbability: Double
      var answered: Int
      var rouge1Recall: Double
      var rougeLRecall: Double
      var rougeLF1: Double
    }

    var rows: Int
    var limit: Int
    var reference: [Double]
    var metrics: [String: Double]
    var utility: Double
    var items: [String: [Item]]
  }

  private static func suite(_ vectors: Vectors) -> String {
    let data = Repository.shared("data/tofu").path
    return """
      suite: tofu
      version: 1
      tasks:
        - tofu:
            name: tofu
            forget: \(data)/forget05_perturbed.json
            retain: \(data)/retain_perturbed.json
            real_authors: \(data)/real_authors_perturbed.json
            world_facts: \(data)/world_facts_perturbed.json
            reference: reference.json
            limit: \(vectors.rows)
            max_tokens: \(vectors.limit)

      """
  }

  /// Open-unlearning's log of the other model, as far as it counts.
  private static func reference(_ ratios: [Double]) throws -> String {
    let values = ratios.enumerated().map { "\"\($0)\":{\"score\":\($1)}" }
    return "{\"forget_truth_ratio\":{\"value_by_index\":{\(values.joined(separator: ","))}}}"
  }

  @Test(
    "TOFU with stories260K is measured as PyTorch measures it",
    .enabled(if: Repository.shared != nil, "needs ../shared")) func vectors() throws
  {
    let file = Repository.root.appendingPathComponent("Tests/EvaluationTests/Fixtures/tofu.json")
    let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
    let task = try withSuite(
      Self.suite(vectors), ["reference.json": try Self.reference(vectors.reference)]
    ) { path in
      let model = try LanguageModel.load(folder: Repository.shared("data/stories260K/hf").path)
      let tokenizer = try Tokenizer(path: TrainedTokenizerTests.file.path)
      let subject = EvaluationSubject(model, tokenizer: tokenizer, on: Workers(count: 2))
      return try Evaluation(of: subject, on: Suite(path: path)).tasks[0]
    }
    var worst = 0.0
    func compare(_ own: Double?, _ exact: Double) {
      worst = max(worst, exact == 0 ? abs(own ?? 1) : abs((own ?? 0) / exact - 1))
    }
    let items = try AnswerTaskTests.items(task)
    let parts = ["forget", "retain", "real_authors", "world_facts"]
    let exact = parts.flatMap { vectors.items[$0] ?? [] }
    #expect(items.count == 4 * vectors.rows && exact.count == items.count)
    for (own, exact) in zip(items, exact) {
      compare(own.loss, exact.loss)
      compare(own.truthRatio, exact.truthRatio)
      compare(own.normalisedProbability, exact.normalisedProbability)
      #expect(own.tokens == exact.tokens && own.answered == exact.answered)
      #expect(own.rouge1Recall == exact.rouge1Recall && own.rougeLRecall == exact.rougeLRecall)
      #expect(abs(own.rougeLF1 - exact.rougeLF1) < 1e-15)
    }
    #expect(vectors.metrics.count == task.metrics.count)
    for (name, value) in vectors.metrics { compare(task.metric(name)?.value, value) }
    #expect(worst < 2e-5, "\(worst)")
    // The forget set is neither the reference's nor far from it, and answers are not all alike.
    #expect((0.001..<1).contains(task.metric("forget_quality")?.value ?? 0))
    #expect(Set(items.map(\.rougeLRecall)).count > 4)
    // A model of stories names no author, so the whole utility is 0; this is retain's three times.
    let retain = ["probability", "rouge_l_recall", "truth_ratio"].compactMap { name in
      task.metric("retain_\(name)")
    }
    let shared = ["real_authors", "world_facts"].flatMap { part in
      ["normalised_probability", "rouge_l_recall", "truth_ratio"].compactMap { name in
        task.metric("retain_\(name)").map {
          MetricValue(
            name: "\(part)_\(name)", value: $0.value, count: $0.count, higherIsBetter: true)
        }
      }
    }
    let utility = try #require(NineMeans.over(retain + shared))
    #expect(utility.value > 0 && abs(utility.value / vectors.utility - 1) < 2e-5)
  }
}
