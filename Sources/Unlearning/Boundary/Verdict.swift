internal import Corpus
public import Streams

/// Whether a model satisfies its boundary, and with what confidence: measured once, on items used
/// for nothing else.
///
/// *Met* is said where the bound of every constraint holds its limit. Each bound fails with a
/// probability of at most 1 - confidence, so *met* is false with no larger one: for that a single
/// broken constraint must pass its own test, whatever the others do, and no correction for their
/// number is due (an intersection-union test, Berger 1982).
public struct Verdict: Codable, Sendable, Equatable {
  /// What can be said.
  public enum Outcome: Codable, Sendable, Equatable {
    /// The bound holds the limit.
    case met
    /// The true value lies above the limit, with the verdict's confidence.
    case notMet
    /// Neither can be said of so few items. So many would decide it if they were like these; nil
    /// where no number would: the value lies on the limit, or no bound can hold the limit at all.
    case notEnoughItems(needed: Int?)

    /// What results call it.
    public var name: String {
      switch self {
      case .met: "met"
      case .notMet: "not met"
      case .notEnoughItems: "not enough items"
      }
    }
  }

  /// What can be said of one constraint.
  public struct Part: Codable, Sendable, Equatable {
    /// The constraint.
    public var constraint: Constraint
    /// What was measured.
    public var estimate: Estimate
    /// What can be said.
    public var outcome: Outcome

    /// How many items would decide it; nil where these do, or no number would.
    public var neededItems: Int? {
      if case .notEnoughItems(let needed) = outcome { needed } else { nil }
    }
  }

  /// The confidence of each one-sided bound.
  public var confidence: Double
  /// The constraints, in the plan's order.
  public var parts: [Part]

  /// The verdict on a model.
  ///
  /// - Parameters:
  ///   - base: the measurements of the model before, one for each constraint.
  ///   - now: those of the model, on the same items.
  ///   - confidence: of each one-sided bound, from 0.5 to 1.
  public init(
    base: [Measurement], now: [Measurement], constraints: [Constraint], confidence: Double
  ) {
    precondition(
      base.map(\.constraint) == constraints.map(\.name)
        && now.map(\.constraint) == constraints.map(\.name), "a measurement of each constraint")
    self.confidence = confidence
    parts = zip(constraints, zip(base, now)).map { constraint, pair in
      let estimate = constraint.estimate(base: pair.0, now: pair.1, confidence: confidence)
      return Part(
        constraint: constraint, estimate: estimate,
        outcome: Verdict.outcome(estimate, constraint, base: pair.0, now: pair.1, confidence))
    }
  }

  private static func outcome(
    _ estimate: Estimate, _ constraint: Constraint, base: Measurement, now: Measurement,
    _ confidence: Double
  ) -> Outcome {
    if let upper = estimate.upper, upper <= estimate.limit { return .met }
    if let lower = estimate.lower, lower > estimate.limit { return .notMet }
    let likeThese = constraint.itemsToDecide(base: base, now: now, confidence: confidence)
    let atLeast = constraint.fewestItems(base: base, confidence: confidence)
    guard let likeThese, let atLeast else { return .notEnoughItems(needed: nil) }
    // More than there are: those did not decide it.
    return .notEnoughItems(needed: max(likeThese, atLeast, estimate.items + 1))
  }

  /// What can be said of the whole: *not met* where one constraint is not, else *not enough items*
  /// where one has too few, and the most that one needs; else *met*.
  public var outcome: Outcome {
    if parts.contains(where: { $0.outcome == .notMet }) { return .notMet }
    let open = parts.filter { $0.outcome != .met }
    guard !open.isEmpty else { return .met }
    let needed = open.map(\.neededItems)
    return .notEnoughItems(needed: needed.contains(nil) ? nil : needed.compactMap(\.self).max())
  }

  /// Whether the boundary is met.
  public var isMet: Bool { outcome == .met }
}

extension Verdict {
  /// Writes it as one JSON object.
  public func write(to json: inout JSONText) {
    json.object { json in
      json.member("verdict", outcome.name)
      if case .notEnoughItems(let needed) = outcome { json.member("neededItems", needed) }
      json.member("confidence", confidence)
      json.array("constraints") { json in
        for part in parts { part.write(to: &json) }
      }
    }
  }

  /// The verdict for a person: a sentence a line.
  public var lines: [String] {
    let level = Verdict.percent(confidence)
    var lines = ["Verdict: \(outcome.name) (each bound one-sided at \(level))."]
    lines += parts.map(\.line)
    return lines
  }

  static func percent(_ share: Double) -> String {
    let thousandths = (share * 100_000).rounded() / 1_000
    return "\(thousandths) %"
  }
}

extension Verdict.Part {
  /// Writes it as one JSON object.
  func write(to json: inout JSONText) {
    json.object { json in
      json.member("name", constraint.name)
      json.member("term", constraint.term)
      json.member("role", constraint.role.rawValue)
      json.member("metric", constraint.metric.rawValue)
      if let area = constraint.area { json.member("area", area.rawValue) }
      if let level = constraint.level { json.member("level", level.rawValue) }
      json.member("before", estimate.before)
      json.member("after", estimate.after)
      json.member("value", estimate.value)
      json.member("upper", estimate.upper)
      json.member("lower", estimate.lower)
      json.member("limit", estimate.limit)
      json.member("items", estimate.items)
      json.member("verdict", outcome.name)
      if case .notEnoughItems(let needed) = outcome { json.member("neededItems", needed) }
    }
  }

  /// It for a person, in one sentence.
  var line: String {
    let measure =
      switch (constraint.role, constraint.metric) {
      case (.hazard, _): "accuracy"
      case (.capability, .accuracy): "accuracy lost"
      case (.capability, .loss): "rise of the loss"
      }
    let bound = estimate.upper.map { "at most \(Verdict.percent($0))" } ?? "not bounded"
    var line =
      "\(constraint.name): \(outcome.name); \(measure) \(Verdict.percent(estimate.value)), "
      + "\(bound), limit \(Verdict.percent(estimate.limit)), \(estimate.items) items"
    if case .notEnoughItems(let needed) = outcome {
      line +=
        needed.map { "; \($0) items like these would decide it" }
        ?? "; no number of items like these would decide it"
    }
    return line + "."
  }
}
