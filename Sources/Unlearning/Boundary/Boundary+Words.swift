extension Boundary {
  /// Whether the last measurement of the dual items held every limit. Aims stand further inside.
  var isWithin: Bool {
    trace.count >= constraints.count
      && trace.suffix(constraints.count).allSatisfy { $0.value <= $0.limit }
  }

  /// Whether any measurement of the dual items held every limit.
  private var wasEverWithin: Bool {
    stride(from: 0, to: trace.count, by: constraints.count).contains { first in
      trace[first..<(first + constraints.count)].allSatisfy { $0.value <= $0.limit }
    }
  }

  /// What a person is told of a decision on the last measurement.
  func words(_ decision: Decision) -> String {
    switch decision {
    case .goOn: "goes on"
    case .best:
      isWithin
        ? "within the boundary by the dual items, the furthest so far; kept"
        : "not within the boundary, but the nearest to it so far; kept"
    case .rollBack:
      "a capability lost several times what it may; back to what was kept, with half the rate"
    case .stop: "no better for a while; stopped"
    }
  }

  /// What a person should know where no measurement of the dual items was within the boundary; nil
  /// where one was, and where none was taken.
  var distanceNote: String? {
    guard !trace.isEmpty, !wasEverWithin else { return nil }
    let rest =
      best.map { "the nearest was step \($0.step), whose weights are judged" }
      ?? "none was near enough to be kept, and the last weights are judged"
    return "no measurement of the dual items was within the boundary; \(rest)"
  }
}
