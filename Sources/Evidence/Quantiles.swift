internal import Foundation

/// Quantiles of the distributions that intervals are made with.
public enum Quantiles {
  /// The standard normal quantile: z with P(Z ≤ z) = share, to the last digits of `erfc`.
  ///
  /// - Precondition: 0 < share < 1.
  public static func normal(_ share: Double) -> Double {
    precondition(share > 0 && share < 1, "a share between none and all")
    // Of the two tails the small one has the digits.
    if share > 0.5 { return -normal(1 - share) }
    return IncompleteBeta.first(in: -40...0) { 0.5 * erfc(-$0 / 2.0.squareRoot()) >= share }
  }

  /// The quantile of Student's t with so many degrees of freedom.
  ///
  /// - Precondition: 0 < share < 1 and degrees ≥ 1.
  public static func student(_ share: Double, degrees: Double) -> Double {
    precondition(share > 0 && share < 1 && degrees >= 1, "a share, and a distribution")
    if share == 0.5 { return 0 }
    if share < 0.5 { return -student(1 - share, degrees: degrees) }
    // P(T > t) = I_x(ν/2, 1/2)/2 with x = ν/(ν + t²).
    let x = IncompleteBeta.first(in: 0...1) {
      IncompleteBeta.regularised($0, degrees / 2, 0.5) / 2 >= 1 - share
    }
    return (degrees * (1 - x) / x).squareRoot()
  }
}
