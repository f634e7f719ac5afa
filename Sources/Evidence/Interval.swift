/// A two-sided interval for a number: where the truth lies, with a stated confidence.
public struct Interval: Sendable, Equatable, Codable {
  /// How it was made.
  public enum Method: String, Sendable, Codable, CaseIterable {
    /// An exact one for a share of items, or one that keeps its promise as well.
    case exact
    /// From samples of the items, drawn with replacement by a seed.
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
}
