public import Ledger

extension UnlearningRow {
  /// Takes over what a run inside a boundary ended with: the verdict, the constraints with their
  /// intervals, and the trace of the dual variables.
  ///
  /// A result that the verdict does not allow is taken away: only what met its boundary is kept.
  public mutating func take(_ verdict: Unlearning.Verdict, trace: [DualRow]) {
    self.verdict = UnlearningRow.Verdict(verdict.outcome)
    if case .notEnoughItems(let needed) = verdict.outcome {
      neededItems = needed.map(Int64.init)
    } else {
      neededItems = nil
    }
    confidence = verdict.confidence
    if !verdict.isMet { result = nil }
    constraints = verdict.parts.map(UnlearningRow.Constraint.init)
    duals = trace.map { row in
      UnlearningRow.Dual(
        step: Int64(row.step), name: row.constraint, value: row.value, surrogate: row.surrogate,
        aim: row.aim, dual: row.dual, decision: row.decision.rawValue)
    }
  }
}

extension UnlearningRow.Verdict {
  /// The words of an outcome.
  init(_ outcome: Unlearning.Verdict.Outcome) {
    switch outcome {
    case .met: self = .met
    case .notMet: self = .notMet
    case .notEnoughItems: self = .notEnoughItems
    }
  }
}

extension UnlearningRow.Constraint {
  /// What a verdict says of one constraint.
  init(_ part: Unlearning.Verdict.Part) {
    self.init(
      name: part.constraint.name, term: part.constraint.term, role: part.constraint.role.rawValue,
      metric: part.constraint.metric.rawValue, area: part.constraint.areaName,
      level: part.constraint.levelName, before: part.estimate.before, after: part.estimate.after,
      value: part.estimate.value, lower: part.estimate.lower, upper: part.estimate.upper,
      limit: part.estimate.limit, items: Int64(part.estimate.items),
      verdict: UnlearningRow.Verdict(part.outcome), neededItems: part.neededItems.map(Int64.init))
  }
}
