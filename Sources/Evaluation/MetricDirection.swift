/// Where the best value of a number lies.
public enum MetricDirection: String, Sendable, CaseIterable {
  /// More is better.
  case higher
  /// Less is better.
  case lower
  /// 0 is best, and what is farther from it on either side is worse.
  case zero

  /// As a person reads it behind a number.
  public var phrase: String {
    switch self {
    case .higher: "higher is better"
    case .lower: "lower is better"
    case .zero: "0 is best"
    }
  }
}
