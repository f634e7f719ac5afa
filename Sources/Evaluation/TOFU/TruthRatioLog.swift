internal import Foundation
internal import Streams

/// The truth ratios of a forget set that another model was measured to have: from our results with
/// every item's (`cordon evaluate --output`), or from open-unlearning's `TOFU_EVAL.json`.
struct TruthRatioLog {
  private let file: String
  private let ratios: [Double]

  /// Reads a log.
  ///
  /// Of open-unlearning's the ratios are made anew from the losses of right and wrong answers where
  /// it has them: what its `forget_truth_ratio` says of an item has changed with its versions.
  ///
  /// - Parameter task: which task of ours it is about where a log has several.
  /// - Throws: ``EvaluationError/reference(file:why:)``, `StreamsError` for the file.
  init(of input: NamedFile, task: String) throws {
    let source = try FileSource(path: input.path)
    guard source.size <= TruthRatioLog.sizeLimit else {
      throw EvaluationError.reference(
        file: input.name, why: "is larger than any log of truth ratios; \(TruthRatioLog.advice)")
    }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: input.path))
    func mistake(_ why: String) -> EvaluationError { .reference(file: input.name, why: why) }
    guard let log = try? JSONDecoder().decode(Log.self, from: bytes) else {
      throw mistake("is no log of truth ratios; \(TruthRatioLog.advice)")
    }
    if let tasks = log.tasks?.filter({ $0.kind == TOFUTask.kind }) {
      guard let own = tasks.count == 1 ? tasks[0] : tasks.first(where: { $0.name == task }) else {
        throw mistake(
          "holds \(tasks.count) tasks of kind `tofu` and none is called \(task); give the results "
            + "of one")
      }
      guard let items = own.items?.filter({ $0.part == TOFUPart.forget.rawValue }), !items.isEmpty
      else { throw mistake("holds no items; give what `cordon evaluate --output` wrote") }
      ratios = items.compactMap(\.truthRatio)
      guard ratios.count == items.count else {
        throw mistake("an item has no `truthRatio`; \(TruthRatioLog.advice)")
      }
    } else if let right = log.forget_Q_A_PARA_Prob?.value_by_index,
      let wrong = log.forget_Q_A_PERT_Prob?.value_by_index, right.keys == wrong.keys
    {
      ratios = try right.keys.sorted().map { key in
        guard let right = right[key]?.avg_loss?.mean, let wrong = wrong[key]?.avg_loss?.mean else {
          throw mistake("item \(key) has no `avg_loss`; \(TruthRatioLog.advice)")
        }
        return AnswerResult.truthRatio(right: right, wrong: wrong)
      }
    } else if let items = log.forget_truth_ratio?.value_by_index {
      ratios = try items.keys.sorted().map { key in
        guard let score = items[key]?.score else {
          throw mistake("item \(key) has no `score`; \(TruthRatioLog.advice)")
        }
        return score
      }
    } else {
      throw mistake(
        "has neither `tasks` of kind `tofu` nor `forget_truth_ratio`; \(TruthRatioLog.advice)")
    }
    file = input.name
  }

  /// The ratios, which are of so many questions.
  ///
  /// - Throws: ``EvaluationError/reference(file:why:)`` where they are not.
  func ratios(count: Int) throws(EvaluationError) -> [Double] {
    guard ratios.count == count else {
      throw .reference(
        file: file,
        why: "has the truth ratios of \(ratios.count) questions, and the forget set has \(count); "
          + "both models must answer the same")
    }
    return ratios
  }

  /// What to do about a file that is no such log.
  private static let advice =
    "give what `cordon evaluate --output` wrote of a `tofu` task, or open-unlearning's "
    + "TOFU_EVAL.json"

  /// A log of 400 items with all their texts is a megabyte.
  private static let sizeLimit: Int64 = 1 << 28

  // MARK: - What stands in logs

  private struct Log: Decodable {
    let tasks: [Task]?
    let forget_truth_ratio: Metric?
    let forget_Q_A_PARA_Prob: Metric?
    let forget_Q_A_PERT_Prob: Metric?
  }

  private struct Task: Decodable {
    let name: String
    let kind: String
    let items: [Item]?
  }

  private struct Item: Decodable {
    let part: String?
    let truthRatio: Double?
  }

  private struct Metric: Decodable {
    let value_by_index: [String: Value]
  }

  private struct Value: Decodable {
    let score: Double?
    let avg_loss: Loss?
  }

  /// One loss, or those of several answers.
  private struct Loss: Decodable {
    let mean: Double

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let one = try? container.decode(Double.self) {
        mean = one
      } else {
        let many = try container.decode([Double].self)
        mean = many.reduce(0, +) / Double(max(many.count, 1))
      }
    }
  }
}
