internal import Evidence
internal import Foundation

extension MetricValue {
  /// What a line for a person has of the number: name, value, standard error, interval, over how
  /// many, and what is better. A cell is empty where there is none.
  public var cells: [String] {
    let error = standardError.map { "± " + MetricValue.text(of: $0) } ?? ""
    let range = interval.map {
      String(format: "%g %% in ", 100 * $0.confidence) + MetricValue.text(of: $0.lower) + " to "
        + MetricValue.text(of: $0.upper)
    }
    return [
      name, MetricValue.text(of: value), error, range ?? "", "over \(count)", best.phrase,
    ]
  }

  /// A number with four decimals; with four digits and a power of ten where decimals would leave
  /// nothing of it (a p-value of 8e-12) or more digits than a person counts (a perplexity of a
  /// word). 0 is `0`, so that what is nearly 0 is not taken for it.
  static func text(of number: Double) -> String {
    guard number != 0 else { return "0" }
    let size = abs(number)
    return String(format: size < 1e-3 || size >= 1e9 ? "%.3e" : "%.4f", number)
  }
}
