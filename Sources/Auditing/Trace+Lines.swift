internal import Ledger

extension Trace {
  /// The trace for a person: one sentence a line, the first says which document.
  public var lines: [String] {
    var lines = [
      isTakedown
        ? "Document \(id): row \(row) of the part \(shard) as it was, in takedown \(run)."
        : "Document \(id): row \(row) of \(shard), in run \(run)."
    ]
    lines.append(fate)
    if let likeness { lines.append(Trace.sentence(likeness)) }
    if let ruleSet, let rule {
      let role = verdict == .kept ? "It is tagged for review by rule" : "The rule is"
      lines.append(
        "\(role) \(rule), in rule set \(ruleSet.name) version \(ruleSet.version) (SHA-256 "
          + "\(ruleSet.sha256)).")
    }
    lines += places
    if flags.contains(.edited) {
      lines.append("Its text was edited before it went on.")
    }
    let subject = flags.contains(.unreadable) ? "its raw bytes" : "its text"
    lines.append("SHA-256 of \(subject): \(sha256).")
    lines += exposures.flatMap(\.lines) + given.flatMap(\.lines)
    return lines
  }

  /// What became of it, and why.
  private var fate: String {
    let why = reason ?? "no reason recorded"
    switch verdict {
    case .kept:
      if let takenDownBy {
        return "It was kept, and taken down since by run \(takenDownBy): it is not in the corpus."
      }
      return "It was kept: it stands in corpus/\(shard)."
    case .dropped:
      return isTakedown
        ? "It was taken down: it is not in the corpus."
        : "It was dropped, for \(why): it is not in the corpus."
    case .duplicate:
      let survivor = duplicateOf ?? "a document that is not recorded"
      if let takenDownBy {
        return "It is a duplicate (\(why)): \(survivor) stood for it, until run \(takenDownBy) "
          + "took that down. Neither is in the corpus."
      }
      return "It is a duplicate (\(why)): \(survivor) stands for it."
    case .quarantined:
      return flags.contains(.unreadable)
        ? "It was quarantined, for \(why): no text could be read, so no screen judged it."
        : "It was quarantined, for \(why): it is set apart in quarantine, not in the corpus."
    }
  }

  /// A share for a person, never rounded up to the whole.
  static func percent(_ part: UInt32, of whole: UInt32) -> String {
    let tenths = UInt64(part) * 1000 / UInt64(whole)
    return "\(tenths / 10).\(tenths % 10) %"
  }

  private static func sentence(_ likeness: Likeness) -> String {
    "Its text has \(likeness.shared) of \(likeness.united) shingles in common with "
      + "\(likeness.nearTo) (\(percent(likeness.shared, of: likeness.united))), in the cluster "
      + "that begins with \(likeness.cluster)."
  }

  /// Where rules matched; the first ten places.
  private var places: [String] {
    let shown = 10
    var lines = matches.prefix(shown).map {
      "Rule \($0.rule) matched \($0.length) bytes at byte \($0.start) of the text."
    }
    if matches.count > shown { lines.append("And \(matches.count - shown) more matches.") }
    return lines
  }
}
