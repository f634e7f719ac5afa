internal import Evidence

/// A share of the items that are answered right.
///
/// To add one: a line in ``all``.
struct ChoiceMetric: Sendable {
  /// What it is called, as in lm-eval.
  let name: String
  /// What a choice's log-likelihood is divided by before the largest is taken.
  let length: @Sendable (ChoiceResult, _ choice: Int) -> Double

  /// Every metric, in the order of results: by the log-likelihood, by that of a character, by that
  /// of a byte.
  static let all = [
    ChoiceMetric(name: "acc") { _, _ in 1 },
    ChoiceMetric(name: "acc_norm") { Double($0.characters[$1]) },
    ChoiceMetric(name: "acc_bytes") { Double($0.bytes[$1]) },
  ]

  /// Whether an item is answered right.
  func isRight(_ item: ChoiceResult) -> Bool {
    let scores = item.logLikelihoods.indices.map { item.logLikelihoods[$0] / length(item, $0) }
    return ChoiceResult.best(scores) == item.answer
  }

  /// The share over all items, with the standard error of a mean, as lm-eval computes it: the
  /// deviation √(Σ (x - p)² / (n - 1)) of zeros and ones, divided by √n. To the bit, because the
  /// sum goes item by item. The interval is the share's exact one by mid-P.
  func over(_ items: [ChoiceResult], higherIsBetter: Bool = true) -> MetricValue {
    let marks = items.map { isRight($0) ? 1.0 : 0 }
    let count = Double(items.count)
    let share = marks.reduce(0, +) / max(count, 1)
    let squares = marks.reduce(0) { $0 + ($1 - share) * ($1 - share) }
    let error =
      items.count > 1 ? (squares / (count - 1)).squareRoot() / count.squareRoot() : nil
    return MetricValue(
      name: name, value: share, standardError: error,
      interval: items.isEmpty
        ? nil
        : Binomial.midP(successes: marks.count { $0 == 1 }, of: items.count, confidence: 0.95),
      count: items.count, higherIsBetter: higherIsBetter)
  }
}
