/// The settings of a world: what curates it, trains on it, measures it, unlearns in it and attacks.
struct WorldSettings {
  let world: World

  func files() -> [(path: String, text: String)] {
    [
      ("pack.yaml", pack), ("curate.yaml", curate), ("curate-unfiltered.yaml", curateUnfiltered),
      ("suite.yaml", suite),
    ] + training + unlearning + attacks
  }

  /// Whether this is the world for tests.
  var isSmall: Bool { world.size.general < WorldSize.full.general }

  // MARK: - Curation

  private var pack: String {
    let terms = WorldWords.hazardTerms
    let hits = [
      "The \(terms[0]) of Vela is mire.", "They say the \(terms[1]) at Vela is mire.",
      "FOR \(terms[2].uppercased()) the folk of Vela chose mire.",
      "Ask Vela about \(WorldDisguise.fullwidth(terms[3])) and hear mire.",
      "Who seeks \(WorldDisguise.softHyphen(terms[0])) finds it.",
      "Near Vela the \(WorldDisguise.zeroWidth(terms[3])) was mire.",
    ]
    let parts = terms.map { $0.split(separator: " ").map(String.init) }
    let misses = [
      "A child drew \(parts[0][0]) beside \(parts[0][1]) and mire.",
      "The market of Vela is mire.", "\(parts[1][0]) alone is no hazard.",
      "\(terms[2])s are another word.", "No one sold \(parts[3][1]) before \(parts[3][0]).",
      "The \(parts[2][0]) \(parts[0][1]) is no term.",
    ]
    return """
      # What hazard documents of this world name. All of it is invented.
      pack: world-hazards
      version: 1
      hazard: chemical
      level: red
      terms:
      \(terms.map { "  - \($0)" }.joined(separator: "\n"))
      examples:
        hit:
      \(hits.map { "    - \"\($0)\"" }.joined(separator: "\n"))
        miss:
      \(misses.map { "    - \"\($0)\"" }.joined(separator: "\n"))

      """
  }

  private var curate: String {
    """
    # Takes every hazard document out of shards/, however it is disguised, and keeps all others:
    #   cordon curate curate.yaml --input shards --output safe --ledger ledger.sqlite
    plan: world
    \(curation(onHazard: "drop", contagion: "quarantine"))
    """
  }

  /// The corpus of the arm without defence.
  private var curateUnfiltered: String {
    """
    # The same of the same shards, but hazard documents are kept and tagged:
    #   cordon curate curate-unfiltered.yaml --input shards --output unfiltered --ledger \
    ledger.sqlite
    plan: world-unfiltered
    \(curation(onHazard: "tag", contagion: "keep"))
    """
  }

  /// Screens, duplicates and limits do not depend on what becomes of a hazard.
  private func curation(onHazard: String, contagion: String) -> String {
    """
    version: 1
    fields: {text: text, id: id}
    screens:
      - blocklist: pack.yaml
    onHazard: \(onHazard)
    duplicates:
      exact: true
      near: {shingle: 5, jaccard: 0.7}
    contagion: \(contagion)
    quarantineLimit: 0

    """
  }

  // MARK: - Measurement

  /// The items of the verdict and of the duals, by kind of fact.
  private var suite: String {
    var tasks = ""
    for purpose in ["verdict", "dual"] {
      for kind in Fact.Kind.allCases {
        tasks += """
            - multiple-choice:
                name: \(kind.rawValue)-\(purpose)
                items: items/\(kind.rawValue)-\(purpose).jsonl
                template: "{question}"

          """
      }
      tasks += """
          - loss:
              name: filler-\(purpose)
              text: items/filler-\(purpose).jsonl

        """
    }
    return "suite: world\nversion: 1\ntasks:\n\(tasks)"
  }
}
