extension WorldSettings {
  /// The plans of training of two arms: what has seen everything, and its twin that saw no hazard.
  ///
  /// Training is equal: the same shards, curated by plans that differ only in what becomes of a
  /// hazard; the same model, seeds, settings, steps and tokens of a step. Where hazards are gone
  /// the other documents come a little more often. Each arm learns its tokenizer from its own
  /// corpus, as one would who has no other.
  var training: [(path: String, text: String)] {
    let seen = Arm(name: "none", corpus: "unfiltered", infix: "", about: "seen everything")
    let spared = Arm(
      name: "filtered", corpus: "safe", infix: "-filtered", about: "seen what curation keeps")
    return [seen, spared].flatMap {
      [("train\($0.infix)-first.yaml", first($0)), ("train\($0.infix).yaml", all($0))]
    }
  }

  private struct Arm {
    let name: String
    /// The folder of its curated corpus.
    let corpus: String
    let infix: String
    /// What its model has done.
    let about: String

    /// The folder of what is trained first.
    var first: String { infix.isEmpty ? "first" : "\(name)-first" }
  }

  /// What comes first: with a fifth of the entities a model learns how facts are told.
  private func first(_ arm: Arm) -> String {
    """
    # A model begins with a fifth of the entities, and goes on with train\(arm.infix).yaml:
    #   cordon train train\(arm.infix)-first.yaml --output \(arm.first) --ledger ledger.sqlite
    plan: world-\(arm.first)
    version: 1
    model: {architecture: llama, width: \(isSmall ? 64 : 128), layers: \(isSmall ? 2 : 4), \
    heads: 4, context: 128, inner: \(isSmall ? 128 : 256), tied: true}
    tokenizer: {train: 2048}    # fewer: it ends where every word is one token
    data:
      files: [\(arm.corpus)/corpus/first.jsonl]
    \(rest(steps: isSmall ? 200 : 800, "constant, warmup: 50"))
    """
  }

  /// The model of the arm.
  private func all(_ arm: Arm) -> String {
    """
    # The model that has \(arm.about):
    #   cordon train train\(arm.infix).yaml --output \(arm.name) --ledger ledger.sqlite
    plan: world-\(arm.name)
    version: 1
    model: {base: \(arm.first)/model}
    data:
      corpus: \(arm.corpus)
      ledger: ledger.sqlite
    \(rest(steps: isSmall ? 800 : 1500, "cosine, warmup: 50, final: 0.02"))
    """
  }

  /// What all plans of training have in common.
  private func rest(steps: Int, _ schedule: String) -> String {
    """
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
