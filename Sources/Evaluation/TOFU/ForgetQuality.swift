internal import Evidence

/// How much a model is like one that never saw what it forgot: the exact p-value of the test of
/// Kolmogorov and Smirnov on the truth ratios of both, and the distance that it rests on.
///
/// A large value shows no equality, only that so many questions show no difference: the distance
/// stands beside it.
enum ForgetQuality {
  static let name = "forget_quality"

  static func metrics(_ ratios: [Double], _ reference: [Double]) -> [MetricValue] {
    let test = KolmogorovSmirnov(ratios, reference)
    return [
      MetricValue(
        name: name, value: test.pValue, count: ratios.count, higherIsBetter: true),
      MetricValue(
        name: "forget_distance", value: test.distance, count: ratios.count, higherIsBetter: false),
    ]
  }
}
