extension BoundaryControl {
  /// What a person should know before the first step: a sentence each.
  var startNotes: [String] {
    let met = zip(rule.constraints, boundary.base).compactMap { constraint, base in
      constraint.startNote(accuracy: base.accuracy, items: base.items.count, .dual)
    }
    return meter.cutNotes + met
  }

  /// What a person should know beside a verdict: a sentence each.
  func notes(beside verdict: Verdict) -> [String] {
    let met = zip(verdict.parts, boundary.base).compactMap { part, base in
      part.constraint.startNote(
        accuracy: part.estimate.before, items: part.estimate.items, .verdict)
        ?? part.constraint.startNote(accuracy: base.accuracy, items: base.items.count, .dual)
    }
    return meter.cutNotes + met + [boundary.distanceNote].compactMap(\.self)
  }
}
