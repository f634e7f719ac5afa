internal import Language
internal import Streams
internal import Tensors
internal import Training

extension UnlearningSession {
  /// Says the verdict, writes the model where there is one to keep, and removes the checkpoints.
  ///
  /// The model gets its name last, behind the ledger's record and `verdict.json`: no model stands
  /// there of which nothing says what it is worth.
  func finish() throws -> UnlearningOutcome {
    var (chosen, scaling) = (trainer.step, Scaling())
    if let vector = terms[0].objective as? TaskVector {
      scaling = try self.scaling(of: vector)
      try subtract(scale: scaling.scale ?? 0)
    } else if let control {
      chosen = try control.choose(self)
    }
    let verdict = try control?.verdict(self)
    var flaw = verdict == nil ? try self.flaw() : nil
    let adapter = model.adapter
    model.mergeAdapter(on: run.workers)
    let audit = try audit()
    flaw = flaw ?? self.flaw(audit, isMeasured: verdict != nil)
    let isKept = verdict?.isMet ?? true && flaw == nil
    let target = isKept ? options.output + "/model" : nil
    let staged = try stageModel(isKept: isKept, adapter)
    try writeReports(audit)
    try record(verdict, result: staged, scale: scaling.scale)
    let lines = verdict.map { $0.isMet ? [] : $0.lines } ?? []
    let notes = [flaw, material.data.cut.note, audit.isUnchanged ? nil : audit.warning]
    let besides = verdict.flatMap { control?.notes(beside: $0) } ?? []
    let outcome = UnlearningOutcome(
      run: identity, steps: trainer.step, done: done, verdict: verdict?.outcome.name,
      chosen: chosen, scale: scaling.scale, model: target,
      findings: lines + notes.compactMap(\.self) + besides)
    // Where it stands the run is done but for the names of its models.
    try FinishedRun.write(outcome, plan: plan, to: options.output) { json in
      scaling.write(to: &json)
      guard let verdict else { return }
      json.name("boundary")
      verdict.write(to: &json)
    }
    try FinishedRun.publish(in: options.output)
    try removeCheckpoints()
    try Folder.remove(options.output + "/.work")
    return outcome
  }

  /// Writes the model as a Hugging Face folder where it waits for its name; an adapter that is
  /// merged into it also as one of its own.
  ///
  /// - Returns: the model's folder; nil where it is not kept.
  private func stageModel(isKept: Bool, _ adapter: LowRankAdapter?) throws -> String? {
    // There where a run was killed behind it.
    for name in FinishedRun.models {
      try Folder.remove(FinishedRun.staged(name, in: options.output))
    }
    guard isKept else { return nil }
    try Folder.make(options.output + "/.work")
    if let adapter {
      let folder = FinishedRun.staged("adapter", in: options.output)
      try Folder.make(folder)
      try write(adapter, to: folder)
    }
    let target = FinishedRun.staged("model", in: options.output)
    try model.save(to: target, as: CheckpointForm(.F32, shardLimit: .max))
    return target
  }

  /// What the run went on from, which nothing needs any more.
  func removeCheckpoints() throws {
    try Folder.remove(store.folder)
  }

  // MARK: - Task vectors

  /// How often a task vector was subtracted, and what else was tried.
  struct Scaling {
    /// Nil where the run subtracts nothing.
    var scale: Double?
    /// The scales that were tried on the dual items, ascending, and what they said.
    var tried: [(scale: Double, rehearsal: Verdict)] = []

    /// Writes what was tried as a member of an object.
    func write(to json: inout JSONText) {
      guard !tried.isEmpty else { return }
      json.array("scales") { json in
        for (scale, rehearsal) in tried {
          json.object { json in
            json.member("scale", scale)
            json.name("dual")
            rehearsal.write(to: &json)
          }
        }
      }
    }
  }

  /// The scale that a plan gives; of several the smallest that meets the boundary on the dual
  /// items, else the smallest that meets the most constraints.
  private func scaling(of vector: TaskVector) throws -> Scaling {
    guard vector.scales.count > 1, let control else { return Scaling(scale: vector.scales[0]) }
    let learned = try FloatBlock(count: model.weights.count)
    learned.base.update(from: model.weights.base, count: model.weights.count)
    var scaling = Scaling()
    var most = -1
    for scale in vector.scales.sorted() {
      try subtract(scale: scale)
      let rehearsal = try control.rehearsal(self)
      model.weights.base.update(from: learned.base, count: learned.count)
      scaling.tried.append((scale, rehearsal))
      let met = rehearsal.parts.count { $0.outcome == .met }
      if met > most { (scaling.scale, most) = (scale, met) }
    }
    return scaling
  }

  /// θ − α (θ_reinforced − θ), θ the start model.
  private func subtract(scale: Double) throws {
    let factor = Float(scale)
    if let adapter = model.adapter {
      for layer in adapter.layers {
        for index in layer.up.range { adapter.weights.base[index] *= -factor }
      }
      return
    }
    let learned = try FloatBlock(count: model.weights.count)
    learned.base.update(from: model.weights.base, count: model.weights.count)
    try model.readWeights(folder: options.model)
    for range in trainer.ranges {
      for index in range {
        let start = model.weights.base[index]
        model.weights.base[index] = start - factor * (learned.base[index] - start)
      }
    }
  }
}
