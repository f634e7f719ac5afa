/// Items that a model is measured with all along an attack.
public enum MeasuredSet: String, Sendable, CaseIterable, Codable {
  /// Of what was to be forgotten, the part that attacks may learn from.
  case attacked
  /// Of what was to be forgotten, the part that they do not: what comes back here was still inside.
  case heldOut = "held-out"
  /// What the model is to be able to do: one that lost it resists nothing.
  case general
}

/// How many items of a set a model answers right.
public struct SetScore: Sendable, Equatable, Codable {
  /// The set.
  public var set: MeasuredSet
  /// Items that are right.
  public var right: Int
  /// All items, at least one.
  public var items: Int

  /// A score.
  ///
  /// - Precondition: 0 ≤ right ≤ items, items ≥ 1.
  public init(_ set: MeasuredSet, right: Int, of items: Int) {
    precondition(items >= 1 && right >= 0 && right <= items, "right ones among items")
    (self.set, self.right, self.items) = (set, right, items)
  }

  /// The share that is right.
  public var accuracy: Double { Double(right) / Double(items) }
}
