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

  /// The share over all items, with the standard error of a mean of zeros and ones, as lm-eval has
  /// it: √(p (1 - p) / (n - 1)).
  func over(_ items: [ChoiceResult]) -> MetricValue {
    let right = items.reduce(0) { $0 + (isRight($1) ? 1 : 0) }
    let share = Double(right) / Double(max(items.count, 1))
    let error =
      items.count > 1 ? (share * (1 - share) / Double(items.count - 1)).squareRoot() : nil
    return MetricValue(
      name: name, value: share, standardError: error, count: items.count, higherIsBetter: true)
  }
}
