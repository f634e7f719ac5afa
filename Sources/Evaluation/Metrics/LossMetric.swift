internal import Evidence
internal import Foundation

/// A number made of the likelihood of texts.
///
/// To add one: a line in ``all``.
struct LossMetric: Sendable {
  /// What it is called; those that lm-eval has are called as there.
  let name: String
  /// What the sum of the negative log-likelihoods, in nats, is divided by.
  let unit: @Sendable (TextResult) -> Int
  /// The number, of the quotient.
  let value: @Sendable (Double) -> Double

  /// Every metric, in the order of results.
  static let all = [
    LossMetric(name: "nll_per_token", unit: \.tokens) { $0 },
    LossMetric(name: "perplexity", unit: \.tokens) { exp($0) },
    LossMetric(name: "nll_per_byte", unit: \.bytes) { $0 },
    LossMetric(name: "bits_per_byte", unit: \.bytes) { $0 / log(2) },
    LossMetric(name: "byte_perplexity", unit: \.bytes) { exp($0) },
    LossMetric(name: "nll_per_word", unit: \.words) { $0 },
    LossMetric(name: "word_perplexity", unit: \.words) { exp($0) },
  ]

  /// The number over all texts that have scored tokens; nil where there is none, or where it is
  /// larger than a Double: e to the power of the loss of a word of a thousand characters is.
  ///
  /// The interval takes the texts as the items. A single text has none: its windows, and its words,
  /// depend on each other, and nothing else is known of other texts.
  ///
  /// - Parameter task: the task's name, a part of the seed.
  func over(_ texts: [TextResult], task: String) -> MetricValue? {
    let scored = texts.filter { $0.tokens > 0 }
    let count = scored.reduce(0) { $0 + unit($1) }
    guard count > 0 else { return nil }
    let sum = scored.reduce(0) { $0 + $1.negativeLogLikelihood }
    let result = value(sum / Double(count))
    guard result.isFinite else { return nil }
    let interval = Bootstrap(name: "\(task)/\(name)").ratio(
      scored.map(\.negativeLogLikelihood), over: scored.map { Double(unit($0)) })
    return MetricValue(
      name: name, value: result, interval: interval?.mapped(value), count: count,
      higherIsBetter: false)
  }
}
