internal import Evidence

/// A mean over questions with answers; an item's number is from 0 to 1.
///
/// What a model shall forget it shall not say; of how often wrong answers are as likely as right
/// ones more is better there, and less elsewhere.
///
/// To add one: a line in ``all``.
struct AnswerMetric: Sendable {
  /// What it is called.
  let name: String
  /// Whether more is better where the answers shall be forgotten; elsewhere more is better always.
  let isBetterForgotten: Bool
  /// The number of an item; nil where it has none.
  let value: @Sendable (AnswerResult, _ forgotten: Bool) -> Double?

  /// Every metric, in the order of results.
  static let all = [
    AnswerMetric(name: "probability", isBetterForgotten: false) { item, _ in item.probability },
    AnswerMetric(name: "normalised_probability", isBetterForgotten: false) { item, _ in
      item.normalisedProbability
    },
    AnswerMetric(name: "rouge_l_recall", isBetterForgotten: false) { item, _ in item.rougeLRecall },
    // Forgotten is a fact where wrong answers are neither more nor less likely than right ones.
    AnswerMetric(name: "truth_ratio", isBetterForgotten: true) { item, forgotten in
      item.truthRatio.map { ratio in
        forgotten ? min(ratio, 1 / (ratio + AnswerResult.tiny)) : max(0, 1 - ratio)
      }
    },
  ]

  /// The mean over all items with the standard error of a mean, the deviation
  /// √(Σ (x - m)² / (n - 1)) divided by √n, and a bootstrap interval; nil where an item has none.
  ///
  /// - Parameters:
  ///   - task: the task's name, which with the metric's is the interval's seed.
  ///   - forgotten: whether the answers shall be forgotten.
  ///   - part: stands before the name.
  func over(
    _ items: [AnswerResult], forgotten: Bool, task: String, part: String? = nil
  ) -> MetricValue? {
    let values = items.compactMap { value($0, forgotten) }
    guard values.count == items.count, !values.isEmpty else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let whole = part.map { "\($0)_\(name)" } ?? name
    return MetricValue(
      name: whole, value: mean,
      standardError: values.count > 1 ? (squares / (count - 1) / count).squareRoot() : nil,
      interval: Bootstrap(name: "\(task)/\(whole)").mean(values, within: 0...1),
      count: values.count, higherIsBetter: !forgotten || isBetterForgotten)
  }
}
