internal import Evidence

/// What a model can still do, TOFU's model utility: the harmonic mean of nine means, three of each
/// part that shall be kept. One that is 0 makes it 0.
enum NineMeans {
  static let name = "model_utility"

  /// The names of the nine.
  static let names = TOFUPart.allCases.flatMap { part in
    part.utility.map { "\(part.rawValue)_\($0)" }
  }

  /// It, over all items of the parts; nil where one of the nine is not there.
  static func over(_ metrics: [MetricValue], interval: Interval? = nil) -> MetricValue? {
    let parts = names.compactMap { name in metrics.first { $0.name == name } }
    guard parts.count == names.count else { return nil }
    // Each part is there three times.
    return MetricValue(
      name: name, value: HarmonicMean.of(parts.map(\.value)), interval: interval,
      count: parts.reduce(0) { $0 + $1.count } / 3, higherIsBetter: true)
  }

  /// Its interval: the parts' items are drawn apart, the three numbers of an item together.
  ///
  /// - Returns: nil where a mean is 0, or a part has few items.
  static func interval(
    of parts: [(TOFUPart, [AnswerResult])], task: String
  ) -> Interval? {
    let groups = parts.filter { !$0.0.utility.isEmpty }.map { part, items in
      part.utility.compactMap { name in
        AnswerMetric.all.first { $0.name == name }.map { metric in
          items.compactMap { metric.value($0, false) }
        }
      }
    }
    return Bootstrap(name: "\(task)/\(name)").harmonicMean(groups)
  }
}
