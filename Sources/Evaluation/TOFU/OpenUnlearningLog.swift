public import Streams

/// What a `tofu` task gave in the form of open-unlearning's `TOFU_EVAL.json` and
/// `TOFU_SUMMARY.json`, so that what reads those reads these.
///
/// Every metric has its `agg_value`, those over items a `value_by_index` whose keys are rows. The
/// texts that open-unlearning writes beside ROUGE (`input`, `ground_truth`, `generation`) are left
/// out: results hold no text.
public struct OpenUnlearningLog: Sendable {
  /// What the files are called.
  public static let names = (evaluation: "TOFU_EVAL.json", summary: "TOFU_SUMMARY.json")

  /// Sees to it that a suite has one task that these files can hold.
  ///
  /// - Throws: ``EvaluationError/published(tasks:)``.
  public static func check(_ suite: Suite) throws(EvaluationError) {
    let count = suite.tasks.count { type(of: $0).kind == TOFUTask.kind }
    guard count == 1 else { throw .published(tasks: count) }
  }

  private struct Metric {
    var name: String
    var value: Double
    /// An item's numbers; nil where the metric is one of metrics.
    var write: (@Sendable (AnswerResult, inout JSONText) -> Void)?
    var items: [AnswerResult] = []
  }

  private let metrics: [Metric]

  /// The results of the one `tofu` task; nil where there is none.
  public init?(_ evaluation: Evaluation) {
    guard let task = evaluation.tasks.first(where: { $0.kind == TOFUTask.kind }) else { return nil }
    var metrics: [Metric] = []
    for part in TOFUPart.allCases {
      let items = task.items.compactMap { item in
        if case .measured(let item) = item, item.part == part.rawValue {
          AnswerResult(item)
        } else {
          nil as AnswerResult?
        }
      }
      metrics += OpenUnlearningLog.metrics(of: part, items, task)
    }
    for name in [NineMeans.name, ForgetQuality.name] {
      if let own = task.metric(name) { metrics.append(Metric(name: name, value: own.value)) }
    }
    self.metrics = metrics.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// `TOFU_EVAL.json`.
  public var evaluation: JSONText {
    var text = JSONText()
    text.object { text in
      for metric in metrics {
        text.object(metric.name) { text in
          text.member("agg_value", metric.value)
          guard let write = metric.write else { return }
          text.object("value_by_index") { text in
            for item in metric.items { text.object(String(item.row)) { write(item, &$0) } }
          }
        }
      }
    }
    return text
  }

  /// `TOFU_SUMMARY.json`.
  public var summary: JSONText {
    var text = JSONText()
    text.object { text in
      for metric in metrics { text.member(metric.name, metric.value) }
    }
    return text
  }

  private static func metrics(
    of part: TOFUPart, _ items: [AnswerResult], _ task: TaskResult
  ) -> [Metric] {
    let name = part.published
    func loss(
      _ name: String, _ value: @escaping @Sendable (AnswerResult) -> Double?
    ) -> Metric? {
      let losses = items.compactMap(value)
      guard losses.count == items.count, !items.isEmpty else { return nil }
      return Metric(
        name: name,
        value: losses.reduce(0) { $0 + AnswerResult.probability($1) } / Double(losses.count),
        write: { item, text in
          text.member("prob", value(item).map(AnswerResult.probability))
          text.member("avg_loss", value(item))
        }, items: items)
    }
    func mean(
      _ name: String, _ own: String,
      _ write: @escaping @Sendable (AnswerResult, inout JSONText) -> Void
    ) -> Metric? {
      task.metric("\(part.rawValue)_\(own)").map {
        Metric(name: name, value: $0.value, write: write, items: items)
      }
    }
    return [
      loss("\(name)_Q_A_Prob") { $0.loss },
      loss("\(name)_Q_A_PARA_Prob") { $0.paraphrasedLoss },
      wrong("\(name)_Q_A_PERT_Prob", items),
      part == .realAuthors || part == .worldFacts
        ? mean("\(name)_Q_A_Prob_normalised", "normalised_probability") { item, text in
          text.member("prob", item.normalisedProbability)
        } : nil,
      mean("\(name)_Q_A_ROUGE", "rouge_l_recall") { item, text in
        text.member("rouge1_recall", item.rouge1Recall)
        text.member("rougeL_f1", item.rougeLF1)
        text.member("rougeL_recall", item.rougeLRecall)
      },
      mean(part == .forget ? "forget_truth_ratio" : "\(name)_Truth_Ratio", "truth_ratio") {
        item, text in text.member("score", item.truthRatio)
      },
    ].compactMap(\.self)
  }

  /// The probabilities of the wrong answers: of each item a list, and their mean.
  private static func wrong(_ name: String, _ items: [AnswerResult]) -> Metric? {
    guard !items.isEmpty, items.allSatisfy({ !$0.perturbedLosses.isEmpty }) else { return nil }
    let means = items.map { item in
      item.perturbedLosses.reduce(0) { $0 + AnswerResult.probability($1) }
        / Double(item.perturbedLosses.count)
    }
    return Metric(
      name: name, value: means.reduce(0, +) / Double(means.count),
      write: { item, text in
        text.array("prob") { text in
          for loss in item.perturbedLosses { text.value(AnswerResult.probability(loss)) }
        }
        text.array("avg_loss") { text in
          for loss in item.perturbedLosses { text.value(loss) }
        }
      }, items: items)
  }
}
