/// The middle of items, with an interval that holds for any distribution without jumps.
public struct Median: Sendable, Equatable {
  /// The items, sorted.
  private let sorted: [Double]

  /// The median of items.
  ///
  /// - Precondition: there is an item, and none is NaN.
  public init(_ values: [Double]) {
    precondition(!values.isEmpty && values.allSatisfy { !$0.isNaN }, "items")
    sorted = values.sorted()
  }

  /// The middle item, or the mean of the middle two.
  public var value: Double {
    let half = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
  }

  /// The interval between two of the sorted items, as many from either end.
  ///
  /// The truth lies between the d-th from below and the d-th from above unless fewer than d items
  /// lie on one side of it: a binomial probability. Between two d the ends are interpolated so that
  /// nearly the stated confidence comes out (Hettmansperger and Sheather, "Confidence intervals
  /// based on interpolated order statistics", Statistics & Probability Letters 4, 1986).
  ///
  /// - Precondition: 0.5 ≤ confidence < 1.
  /// - Returns: nil where not even the smallest and the largest item are far enough apart: for 95 %
  ///   that is below six items.
  public func interval(confidence: Double) -> Interval? {
    precondition(confidence >= 0.5 && confidence < 1, "a confidence short of certainty")
    let n = sorted.count
    func covered(_ d: Int) -> Double {
      1 - 2 * Binomial.cumulative(successes: d - 1, of: n, share: 0.5)
    }
    guard n > 1, covered(1) >= confidence else { return nil }
    var d = 1
    while 2 * (d + 1) <= n, covered(d + 1) >= confidence { d += 1 }
    let (here, next) = (covered(d), covered(d + 1))
    let excess = min(1, (here - confidence) / (here - next))
    let (count, first) = (Double(n), Double(d))
    let part = (count - first) * excess / (first + (count - 2 * first) * excess)
    func between(_ outer: Double, _ inner: Double) -> Double { outer + part * (inner - outer) }
    return Interval(
      lower: between(sorted[d - 1], sorted[d]),
      upper: between(sorted[n - d], sorted[n - d - 1]), confidence: confidence,
      method: .orderStatistics)
  }
}
