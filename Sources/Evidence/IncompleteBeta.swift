internal import Foundation

/// The regularised incomplete beta function I_x(a, b): the distribution function of a beta
/// variable, from which those of binomial and Student variables follow.
public enum IncompleteBeta {
  /// I_x(a, b), to about 14 digits.
  ///
  /// By its continued fraction (NIST Digital Library of Mathematical Functions 8.17.22), which
  /// converges fast below the mean; above it by I_x(a, b) = 1 - I_{1-x}(b, a).
  ///
  /// - Precondition: a > 0, b > 0 and 0 ≤ x ≤ 1.
  public static func regularised(_ x: Double, _ a: Double, _ b: Double) -> Double {
    precondition(a > 0 && b > 0 && x >= 0 && x <= 1, "a beta distribution and a share")
    if x == 0 || x == 1 { return x }
    // 1 - x loses no digit that x has: log1p takes x itself.
    let front = exp(
      logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x))
    return x <= (a + 1) / (a + b + 2)
      ? min(1, front * fraction(x, a, b) / a)
      : max(0, 1 - front * fraction(1 - x, b, a) / b)
  }

  /// The smallest x found by halving for which `isReached` holds, where it holds above some point
  /// of the range and not below; so a bound that is rounded is rounded away from what it bounds.
  static func first(
    in range: ClosedRange<Double>, _ isReached: (Double) -> Bool
  ) -> Double {
    var (low, high) = (range.lowerBound, range.upperBound)
    while true {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { return high }
      if isReached(middle) { high = middle } else { low = middle }
    }
  }

  /// ln Γ(x) for x > 0.
  private static func logGamma(_ x: Double) -> Double {
    // The one without a global variable for the sign.
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
  }

  /// The continued fraction by Lentz's algorithm.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func safe(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / safe(1 - (a + b) * x / (a + 1))
    var result = d
    // About √max(a, b) turns are enough.
    for turn in 1...1_000_000 {
      let m = Double(turn)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / safe(1 + even * d)
      c = safe(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / safe(1 + odd * d)
      c = safe(1 + odd / c)
      let factor = d * c
      result *= factor
      if abs(factor - 1) < 1e-16 { break }
    }
    return result
  }
}
