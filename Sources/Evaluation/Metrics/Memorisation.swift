internal import Tensors

/// How much of a text a model can say by itself, from how it reads it.
///
/// As open-unlearning defines both (Dorna et al., "OpenUnlearning", 2025; src/evals/metrics), over
/// the scored tokens and without the token that ends a text.
enum Memorisation {
  /// The share of a text, at its end, that the model says word for word once it has read what is
  /// before: 1 - k/n, where k is the smallest number of first tokens behind which each token is the
  /// likeliest one.
  ///
  /// 0 where already the last token is not. (open-unlearning's loop ends at n - 1 and gives 1/n
  /// there; from the `tokens` of an item its number is max(1/n, this one).)
  static func extractionStrength(_ tokens: [ForcedTokens.Token]) -> Double {
    guard !tokens.isEmpty else { return 0 }
    let said = tokens.reversed().prefix { $0.isLikeliest }.count
    return Double(said) / Double(tokens.count)
  }

  /// The share of tokens that are the likeliest ones.
  static func exact(_ tokens: [ForcedTokens.Token]) -> Double {
    guard !tokens.isEmpty else { return 0 }
    return Double(tokens.count { $0.isLikeliest }) / Double(tokens.count)
  }
}
