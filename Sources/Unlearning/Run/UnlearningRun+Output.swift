internal import Training

extension UnlearningRun {
  /// Says that an unlearning was here: a training run's output has files of the same names.
  static let mark = ".unlearning"

  /// What a run writes, whatever its plan. What says that a run is done comes first: while
  /// `--fresh` removes the others, nothing may pass for a finished run.
  static let ownNames = [
    "verdict.json", ".work", "checkpoints", "log.jsonl", "duals.jsonl", "layers.json",
    "losses.svg", "measures.svg", "duals.svg", "constraints.svg", "model", "adapter",
  ]

  /// The output, whose mark is made before anything else is written.
  var output: RunOutput {
    RunOutput(options.output, names: UnlearningRun.ownNames, mark: UnlearningRun.mark)
  }

  /// What a run reads: the model, and the files, folders and patterns of its plan.
  var inputs: [String] {
    let items = plan.terms.flatMap { term in
      term.data + (term.objective.answers.map { [$0] } ?? [])
    }
    let measured = (plan.boundary?.constraints ?? []).flatMap { [$0.dualPath, $0.verdictPath] }
    return [options.model] + items + measured
  }
}
