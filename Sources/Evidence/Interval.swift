/// A two-sided interval for a number: where the truth lies, with a stated confidence.
public struct Interval: Sendable, Equatable, Codable {
  /// How it was made.
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// An exact one for a share of items, or one that keeps its promise as well.
    case exact
    /// The exact one for a share with half of what was seen counted on either side
    /// (``Binomial/midP(successes:of:confidence:)``).
    case midP = "mid-p"
    /// Between two of the sorted items (``Median/interval(confidence:)``).
    case orderStatistics = "order-statistics"
    /// The truths that a score test does not reject (``AreaUnderCurve/score(confidence:)``).
    case score
    /// From samples of the items, drawn with replacement by a seed (``Bootstrap``).
    case bootstrap
  }

  /// The lower end.
  public var lower: Double
  /// The upper end.
  public var upper: Double
  /// The share of intervals that hold the truth, such as 0.95.
  public var confidence: Double
  /// How it was made.
  public var method: Method

  /// An interval.
  ///
  /// - Precondition: lower ≤ upper, 0 < confidence < 1.
  public init(lower: Double, upper: Double, confidence: Double, method: Method) {
    precondition(lower <= upper && confidence > 0 && confidence < 1, "an interval")
    (self.lower, self.upper) = (lower, upper)
    (self.confidence, self.method) = (confidence, method)
  }

  /// The interval of a number that rises, or falls, with this one all the way; nil where an end
  /// becomes infinite or no number.
  public func mapped(_ function: (Double) -> Double) -> Interval? {
    let (one, other) = (function(lower), function(upper))
    guard one.isFinite, other.isFinite else { return nil }
    return Interval(
      lower: min(one, other), upper: max(one, other), confidence: confidence, method: method)
  }
}
