/// Exact one-sided bounds for a share, from how many of n independent items succeeded.
///
/// Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
/// binomial", Biometrika 26 (1934). Whatever the true share is, the bound lies on its wrong side
/// with a probability of at most 1 - confidence.
public enum Binomial {
  /// The upper bound: the share p at which P(X ≤ successes) is 1 - confidence; 1 where all succeed.
  ///
  /// - Precondition: 0 ≤ successes ≤ n, n ≥ 1, 0 < confidence < 1.
  public static func upper(successes: Int, of n: Int, confidence: Double) -> Double {
    check(successes, n, confidence)
    return upper(Double(successes), of: Double(n), confidence: confidence)
  }

  /// The lower bound: the share p at which P(X ≥ successes) is 1 - confidence; 0 where none does.
  ///
  /// - Precondition: 0 ≤ successes ≤ n, n ≥ 1, 0 < confidence < 1.
  public static func lower(successes: Int, of n: Int, confidence: Double) -> Double {
    check(successes, n, confidence)
    return 1 - upper(successes: n - successes, of: n, confidence: confidence)
  }

  /// The two-sided interval that leaves (1 - confidence)/2 on either side.
  ///
  /// - Precondition: 0 ≤ successes ≤ n, n ≥ 1, 0 < confidence < 1.
  public static func interval(
    successes: Int, of n: Int, confidence: Double
  ) -> ClosedRange<Double> {
    check(successes, n, confidence)
    let side = (1 + confidence) / 2
    return lower(
      successes: successes, of: n, confidence: side)...upper(
        successes: successes, of: n, confidence: side)
  }

  /// P(X ≤ successes) for n items that each succeed with probability `share`.
  ///
  /// - Precondition: n ≥ 1, 0 ≤ share ≤ 1.
  public static func cumulative(successes: Int, of n: Int, share: Double) -> Double {
    precondition(n >= 1 && share >= 0 && share <= 1, "items, and a share")
    if successes < 0 { return 0 }
    if successes >= n { return 1 }
    return IncompleteBeta.regularised(1 - share, Double(n - successes), Double(successes) + 1)
  }

  /// The most successes of n whose upper bound is at most a limit; nil where not even none is.
  ///
  /// - Precondition: n ≥ 1, 0 < confidence < 1.
  public static func mostSuccesses(of n: Int, limit: Double, confidence: Double) -> Int? {
    func holds(_ successes: Int) -> Bool {
      upper(successes: successes, of: n, confidence: confidence) <= limit
    }
    guard holds(0) else { return nil }
    var (good, bad) = (0, n + 1)
    while bad - good > 1 {
      let middle = (good + bad) / 2
      if middle <= n, holds(middle) { good = middle } else { bad = middle }
    }
    return good
  }

  /// How many items would do: the fewest, as good as, of which the same share succeeds (rounded up)
  /// and whose upper bound is at most the limit.
  ///
  /// - Returns: nil where no number would do: the share is not below the limit, or so near below
  ///   that a billion items are too few.
  public static func itemsNeeded(share: Double, limit: Double, confidence: Double) -> Int? {
    precondition(share >= 0 && share <= 1 && confidence > 0 && confidence < 1, "a share")
    guard share < limit else { return nil }
    return ItemsNeeded.fewest { n in
      let successes = min(n, Int((share * Double(n)).rounded(.up)))
      return upper(successes: successes, of: n, confidence: confidence) <= limit
    }
  }

  private static func upper(_ successes: Double, of n: Double, confidence: Double) -> Double {
    guard successes < n else { return 1 }
    // P(X ≤ k) = I_{1-p}(n - k, k + 1) falls with p.
    return IncompleteBeta.first(in: 0...1) {
      IncompleteBeta.regularised(1 - $0, n - successes, successes + 1) <= 1 - confidence
    }
  }

  private static func check(_ successes: Int, _ n: Int, _ confidence: Double) {
    precondition(n >= 1 && successes >= 0 && successes <= n, "successes among items")
    precondition(confidence > 0 && confidence < 1, "a confidence between none and certainty")
  }
}
