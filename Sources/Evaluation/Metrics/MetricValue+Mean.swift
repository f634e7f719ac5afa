internal import Evidence

extension MetricValue {
  /// The mean of a number over items, with the standard error of a mean, the deviation
  /// √(Σ (x - m)² / (n - 1)) divided by √n, and an interval by ``Bootstrap/mean(_:within:)``.
  ///
  /// - Parameters:
  ///   - name: what it is called.
  ///   - task: the task's name, a part of the seed.
  ///   - range: the least and the largest that an item can have, where they are known.
  /// - Precondition: there is an item.
  static func mean(
    of values: [Double], named name: String, task: String, within range: ClosedRange<Double>?,
    higherIsBetter: Bool
  ) -> MetricValue {
    precondition(!values.isEmpty, "an item")
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return MetricValue(
      name: name, value: mean,
      standardError: values.count > 1 ? (squares / (count - 1) / count).squareRoot() : nil,
      interval: Bootstrap(name: "\(task)/\(name)").mean(values, within: range),
      count: values.count, higherIsBetter: higherIsBetter)
  }
}
