/// Where a rule was found, in bytes of the original text.
public struct ScreenMatch: Equatable, Sendable {
  /// Index into ``ScreenSet/rules``.
  public let rule: Int
  /// The first byte.
  public let start: Int
  /// The number of bytes.
  public let length: Int

  /// A rule found here.
  public init(rule: Int, start: Int, length: Int) {
    self.rule = rule
    self.start = start
    self.length = length
  }
}

/// What all screens of a plan say about one document. Reused from document to document.
public struct Judgement: Equatable, Sendable {
  /// The strictest action over all screens that fired; nil for a clean document.
  public var action: HazardAction?
  /// The strictest action over the hazard screens that fired; nil where none did. A quality screen
  /// may name the reason, and the document is hazardous all the same.
  public var hazardAction: HazardAction?
  /// Index into ``ScreenSet/reasons``: of the first screen in the plan's order with that action.
  /// Means nothing for a clean document.
  public var reason = 0
  /// Index into ``ScreenSet/rules``: that screen's hit with the smallest offset, ties by index;
  /// nil for a screen without rules.
  public var rule: Int?
  /// The reasons of all screens that fired, in the plan's order.
  public var fired: [Int] = []
  /// The hits of the screens that fired, by start, length and rule; the first
  /// ``matchLimit`` of them.
  public var matches: [ScreenMatch] = []
  /// How many hits are not in ``matches``.
  public var matchesOmitted = 0

  /// The most matches that a judgement holds.
  public static let matchLimit = 64

  /// A clean document's judgement, to be reused.
  public init() {}

  /// Back to clean, keeping the memory.
  mutating func reset() {
    action = nil
    hazardAction = nil
    reason = 0
    rule = nil
    fired.removeAll(keepingCapacity: true)
    matches.removeAll(keepingCapacity: true)
    matchesOmitted = 0
  }
}
