internal import Language
internal import Ledger
internal import Settings
internal import Streams

extension TrainingRun {
  /// Refuses what cannot be done before anything is packed or removed.
  ///
  /// - Throws: ``TrainingRunError``, ``TrainingDataError``, `SettingsError` and what reading the
  ///   settings of a base model throws.
  func checkBeforePacking() throws {
    try plan.checkInputs()
    try checkLedger()
    let shape = try plan.forecastShape()
    guard plan.sequence <= shape.context else {
      throw TrainingRunError.sequence(
        length: plan.sequence, context: shape.context, plan: plan.path)
    }
    let trained = try plan.trainedParameters(of: ParameterLayout(shape), shape: shape)
    // The vocabulary that is learned may be smaller than the plan allows: then it shows later.
    if case .train = plan.tokenizer { return }
    try check(memory(shape, trained: trained, adapter: plan.lora == nil ? 0 : trained))
  }

  func check(_ memory: TrainingMemory) throws {
    if let limit = plan.memory, memory.total > limit {
      throw plan.refusal(of: memory, limit: limit)
    }
    guard memory.total <= TrainingMemory.ofMachine else {
      throw TrainingRunError.memory(
        needed: memory.total, limit: TrainingMemory.ofMachine, plan: plan.path)
    }
  }

  /// The record says which snapshot was trained on: the ledger must be the one that has it.
  private func checkLedger() throws {
    guard let path = options.ledger, let origin = try TrainingSource(plan.data).origin,
      let root = Digest256(hex: origin.root)
    else { return }
    guard Folder.exists(path), try Ledger(reading: path).run(ofSnapshotRoot: root) != nil else {
      throw TrainingDataError(
        .ledger, path,
        "does not hold the snapshot that is trained on; leave --ledger out, or name "
          + "\(origin.ledger) or a copy of it")
    }
  }
}

extension TrainingPlan {
  /// What is said of a run that needs more than `memory` allows, at its line.
  public func refusal(of memory: TrainingMemory, limit: Int) -> TrainingRunError {
    let place = mistake(at: ["memory"], "")
    return .memory(needed: memory.total, limit: limit, plan: "\(place.file):\(place.line)")
  }
}
