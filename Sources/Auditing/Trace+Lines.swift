internal import Ledger

extension Trace {
  /// The trace for a person: one sentence a line, the first says which document.
  public var lines: [String] {
    var lines = ["Document \(id): row \(row) of \(shard), in run \(run)."]
    lines.append(fate)
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
    return lines
  }

  /// What became of it, and why.
  private var fate: String {
    let why = reason ?? "no reason recorded"
    switch verdict {
    case .kept:
      return "It was kept: it stands in corpus/\(shard)."
    case .dropped:
      return "It was dropped, for \(why): it is not in the corpus."
    case .duplicate:
      let survivor = duplicateOf ?? "a document that is not recorded"
      return "It is a duplicate (\(why)): \(survivor) stands for it."
    case .quarantined:
      return flags.contains(.unreadable)
        ? "It was quarantined, for \(why): no text could be read, so no screen judged it."
        : "It was quarantined, for \(why): it is set apart in quarantine, not in the corpus."
    }
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
