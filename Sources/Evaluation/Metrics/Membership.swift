internal import Tensors

/// How familiar a text is to a model: the lower a score, the likelier the model has seen the text.
///
/// As open-unlearning computes them (src/evals/metrics/mia), over the scored tokens and without the
/// token that ends a text.
///
/// To add one: a line in ``all``.
struct Membership: Sendable {
  /// What it is called in the result of an item.
  let item: String
  /// What its area under the curve is called.
  let area: String
  /// The score of a text with at least one token.
  let score: @Sendable (_ tokens: [ForcedTokens.Token], _ zlib: Int) -> Double

  /// The share of a text's tokens, the least likely, that Min-K and Min-K++ take.
  static let share = 0.4
  /// What PrivLeak is made of.
  static let privacy = "min_k_auc"

  /// Every score, in the order of results: the mean loss (Yeom et al., 2018); the loss for each
  /// byte that zlib makes of the text (Carlini et al., 2021); the mean loss of the least likely
  /// tokens (Shi et al., "Detecting pretraining data from large language models", 2024); the same
  /// of log-probabilities that are normalised by what the model would say (Zhang et al.,
  /// "Min-K%++", 2025).
  static let all = [
    Membership(item: "loss", area: "loss_auc") { tokens, _ in loss(tokens) },
    Membership(item: "zlib", area: "zlib_auc") { loss($0) / Double($1) },
    Membership(item: "minK", area: "min_k_auc") { tokens, _ in
      least(tokens.map(\.logProbability))
    },
    Membership(item: "minKPlusPlus", area: "min_k_plus_plus_auc") { tokens, _ in
      least(tokens.map { ($0.logProbability - $0.mean) / max($0.variance, 1e-6).squareRoot() })
    },
  ]

  private static func loss(_ tokens: [ForcedTokens.Token]) -> Double {
    -tokens.reduce(0) { $0 + $1.logProbability } / Double(tokens.count)
  }

  /// The mean of the least, a share of them but one at least, with the other sign.
  private static func least(_ values: [Double]) -> Double {
    let count = max(1, Int(Double(values.count) * share))
    return -values.sorted().prefix(count).reduce(0, +) / Double(count)
  }

  /// How far an area is from that of a model which never saw the members, in hundredths: 0 where
  /// it is the same, -100 where members are told apart for sure beside a reference of one half,
  /// above 0 where they stand out the other way, for too much was forgotten (Shi et al., "MUSE:
  /// machine unlearning six-way evaluation", 2024).
  static func privacyLeak(area: Double, reference: Double) -> Double {
    100 * ((1 - area) - (1 - reference)) / (1 - reference + 1e-10)
  }
}
