/// What a model can still do, TOFU's model utility: the harmonic mean of nine means, three of each
/// part that shall be kept. One that is 0 makes it 0.
enum NineMeans {
  static let name = "model_utility"

  /// The names of the nine.
  static let names = TOFUPart.allCases.flatMap { part in
    part.utility.map { "\(part.rawValue)_\($0)" }
  }

  /// It, over all items of the parts; nil where one of the nine is not there.
  static func over(_ metrics: [MetricValue]) -> MetricValue? {
    let parts = names.compactMap { name in metrics.first { $0.name == name } }
    guard parts.count == names.count else { return nil }
    let value =
      parts.contains { $0.value <= 0 }
      ? 0 : Double(parts.count) / parts.reduce(0) { $0 + 1 / $1.value }
    // Each part is there three times.
    return MetricValue(
      name: name, value: value, count: parts.reduce(0) { $0 + $1.count } / 3, higherIsBetter: true)
  }
}
