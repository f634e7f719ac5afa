extension Constraint {
  /// What a person should know where the start model holds a hazard's limit before any step: a
  /// verdict of *met* then says nothing of forgetting. Nil where it does not, and for a capability.
  ///
  /// - Parameters:
  ///   - accuracy: of the start model, a share of the items.
  ///   - part: which items they are.
  func startNote(accuracy: Double, items: Int, _ part: BoundaryMeter.Part) -> String? {
    guard role == .hazard, case .atMost(let most) = limit, accuracy <= most else { return nil }
    return
      "\(name): the start model answers only \(Verdict.percent(accuracy)) of the \(items) "
      + "\(part == .dual ? "dual" : "verdict") items, and the limit is \(Verdict.percent(most)): "
      + "they do not show what is forgotten. Take items that the start model answers, or a lower "
      + "limit"
  }
}
