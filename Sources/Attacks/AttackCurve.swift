/// What one trial of an attack gave: scores over its steps, or whatever else it goes along.
public struct AttackCurve: Sendable, Equatable, Codable {
  /// What the scores stand over.
  public enum Axis: String, Sendable, Codable {
    /// Steps of training.
    case step
    /// Bits of a weight.
    case bits
    /// Prefixes of the plan, from 0.
    case prefix
    /// Examples before a question.
    case shots
    /// Blocks, from 0; what is read behind each.
    case layer
  }

  /// The scores at one place.
  public struct Point: Sendable, Equatable, Codable {
    /// The place.
    public var at: Int
    /// The scores, in the order of ``MeasuredSet``; sets that the attack cannot measure are left
    /// out.
    public var scores: [SetScore]

    /// A point.
    public init(at place: Int, _ scores: [SetScore]) { (at, self.scores) = (place, scores) }

    /// The score of a set.
    public func score(_ set: MeasuredSet) -> SetScore? { scores.first { $0.set == set } }
  }

  /// What the places are.
  public var axis: Axis
  /// The points, in the order in which they were measured, at least one.
  public var points: [Point]
  /// The step at which loss, gradient or weights stopped being numbers, or the loss exploded: the
  /// curve ends before it. Nil for none.
  public var brokenAt: Int?

  /// A curve.
  public init(_ axis: Axis, _ points: [Point]) { (self.axis, self.points) = (axis, points) }
}
