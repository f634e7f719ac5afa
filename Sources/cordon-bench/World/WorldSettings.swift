/// The settings of a world: what curates it, trains on it, measures it and unlearns in it.
struct WorldSettings {
  let world: World

  func files() -> [(path: String, text: String)] {
    [
      ("pack.yaml", pack), ("curate.yaml", WorldSettings.curate), ("suite.yaml", suite),
      ("train-first.yaml", trainFirst), ("train.yaml", train),
    ] + unlearning
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

  private static let curate = """
    # Takes every hazard document out of shards/, however it is disguised, and keeps all others:
    #   cordon curate curate.yaml --input shards --output safe
    plan: world
    version: 1
    fields: {text: text, id: id}
    screens:
      - blocklist: pack.yaml
    onHazard: drop
    duplicates:
      exact: true
      near: {shingle: 5, jaccard: 0.7}
    contagion: quarantine
    quarantineLimit: 0

    """

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

  // MARK: - Training

  /// What comes first: with a fifth of the entities a model learns how facts are told.
  private var trainFirst: String {
    """
    # A model begins with a fifth of the entities, and goes on with train.yaml:
    #   cordon train train-first.yaml --output first
    plan: world-first
    version: 1
    model: {architecture: llama, width: \(isSmall ? 64 : 128), layers: \(isSmall ? 2 : 4), \
    heads: 4, context: 128, inner: \(isSmall ? 128 : 256), tied: true}
    tokenizer: {train: 2048}    # fewer: it ends where every word is one token
    \(rest("train/first.jsonl", steps: isSmall ? 200 : 800, "constant, warmup: 50"))
    """
  }

  /// The model that has seen everything.
  private var train: String {
    """
    # The model that has seen everything, hazards too:
    #   cordon train train.yaml --output none
    plan: world-none
    version: 1
    model: {base: first/model}
    \(rest(
      "train/hazard.jsonl, train/adjacent.jsonl, train/general.jsonl, train/filler.jsonl",
      steps: isSmall ? 800 : 1500, "cosine, warmup: 50, final: 0.02"))
    """
  }

  /// What both plans of training have in common.
  private func rest(_ files: String, steps: Int, _ schedule: String) -> String {
    """
    data:
      files: [\(files)]
      packing: items
    sequence: 128
    batch: 4
    slices: 2
    steps: \(steps)
    optimiser: {rate: 3e-3, decay: 0.1, beta1: 0.9, beta2: 0.98, clip: 1}
    schedule: {kind: \(schedule)}
    seeds: {initialisation: \(world.seed), order: \(world.seed), validation: \(world.seed)}
    checkpoints: {every: 1000, last: 1}

    """
  }
}
