extension Binomial {
  /// The interval that is reported for a share: it covers the truth as often as it says, on
  /// average.
  ///
  /// Clopper and Pearson's ``interval(successes:of:confidence:)`` covers it at least as often,
  /// whatever the truth is, and so more often: 97 to 99 % for a few dozen items. This one counts
  /// only half of P(X = successes) on either side (Lancaster, "Significance tests in discrete
  /// distributions", Journal of the American Statistical Association 56, 1961). Summed exactly, a
  /// 95 % interval covers 93 to 97 % from 100 items on, for shares from 5 to 95 %; for fewer items
  /// whole numbers make larger teeth.
  ///
  /// - Precondition: 0 ≤ successes ≤ n, n ≥ 1, 0 < confidence < 1.
  public static func midP(successes: Int, of n: Int, confidence: Double) -> Interval {
    precondition(n >= 1 && successes >= 0 && successes <= n, "successes among items")
    precondition(confidence > 0 && confidence < 1, "a confidence between none and certainty")
    let side = (1 - confidence) / 2
    return Interval(
      lower: 1 - highest(n - successes, n, side), upper: highest(successes, n, side),
      confidence: confidence, method: .midP)
  }

  /// The share at which P(X < successes) and half of P(X = successes) come to `side`.
  private static func highest(_ successes: Int, _ n: Int, _ side: Double) -> Double {
    guard successes < n else { return 1 }
    return IncompleteBeta.first(in: 0...1) { share in
      let below = cumulative(successes: successes - 1, of: n, share: share)
      let upTo = cumulative(successes: successes, of: n, share: share)
      return (below + upTo) / 2 <= side
    }
  }
}
