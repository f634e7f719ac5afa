internal import Foundation
internal import Language
internal import Ledger
internal import Streams
internal import Tensors
internal import Training

/// The steps of a run from where it stands to its end, with what is written on the way.
final class UnlearningSession {
  let run: UnlearningRun
  let material: UnlearningRun.Material
  let terms: [RunningTerm]
  let trainer: Trainer
  let identity: String
  let data: Digest256
  private let start: StartValues
  private let step: UnlearningStep
  let store: CheckpointStore
  let log: UnlearningLog
  private(set) var newest: SavedCheckpoint?
  /// The boundary; nil where the plan states none.
  private(set) var control: BoundaryControl?
  private let begun: Int

  var plan: UnlearningPlan { run.plan }
  var options: UnlearningOptions { run.options }
  var model: LanguageModel { trainer.model }

  init(
    _ run: UnlearningRun, material: UnlearningRun.Material, trainer: Trainer, identity: String
  ) throws {
    self.run = run
    self.material = material
    self.trainer = trainer
    self.identity = identity
    terms = material.terms
    data = material.data.digest
    // The model still is the start model: what depends on it comes first.
    start = try StartValues(
      terms, trainer: trainer, plan: run.plan, folder: run.options.model, on: run.workers)
    step = UnlearningStep(
      terms: terms, start: start, slices: run.plan.slices, workers: run.workers)
    let rule = run.plan.checkpoints
    store = try CheckpointStore(
      output: run.options.output,
      retention: CheckpointRetention(last: rule.last ?? 1, best: false))
    newest = try store.resume(
      run: identity, plan: run.plan.digest, data: material.data.digest)
    begun = newest?.state.step ?? 0
    let path = run.options.output + "/log.jsonl"
    log =
      try newest.map { try UnlearningLog(path: path, keeping: $0.state.step, $0.state.log) }
      ?? UnlearningLog(path: path)
    if let rule = run.plan.boundary, let meter = material.meter {
      control = try BoundaryControl(rule, self, meter: meter)
    }
    if let newest {
      try trainer.take(newest)
      trainer.resume(at: newest.state.step)
      try control?.restore(newest, self)
    }
    run.observer.beginning(
      begun, run.plan.steps, TrainingProgress.operations(perRowOf: trainer.model.layout),
      try TrainingProgress.peak(on: run.workers))
    for note in control?.startNotes ?? [] { run.observer.note(note) }
  }

  /// Takes the weights of the start model, and moments that are zero.
  func takeStart() throws {
    if let adapter = model.adapter {
      adapter.initialise(seed: plan.seeds.initialisation)
    } else {
      try model.readWeights(folder: options.model)
    }
    trainer.firstMoments.clear()
    trainer.secondMoments.clear()
  }

  /// Calls `body` while the model is the start model.
  func withStart<Result>(_ body: () throws -> Result) throws -> Result {
    try trainer.withModel {
      try $0.readWeights(folder: options.model)
    } _: {
      try body()
    }
  }

  // MARK: - Steps

  func takeSteps() throws {
    while trainer.step < plan.steps, !(control?.hasStopped ?? false) {
      if Interruption.isRequested { throw InterruptedError() }
      let number = trainer.step + 1
      let (report, terms) = try take(number)
      try log.append(UnlearningLog.Line(report, terms))
      let isLast = try measure(report) == .stop || number == plan.steps
      if isLast || plan.checkpoints.every.map({ number % $0 == 0 }) ?? false { try save(report) }
      run.observer.step(report)
    }
  }

  /// Whether the steps reinforce what is subtracted at the end: the boundary then only chooses how
  /// much.
  var isVector: Bool { terms[0].objective is TaskVector }

  /// Measures the boundary where it is due.
  private func measure(_ report: StepReport) throws -> Boundary.Decision? {
    guard let control, !isVector else { return nil }
    // More steps than there are: the weights stay, and the last model is judged.
    let every = control.rule.settings.every
    let isDue = report.step % every == 0 || report.step == plan.steps && every <= plan.steps
    guard isDue else { return nil }
    let decision = try control.update(self, report)
    if decision != .goOn {
      run.observer.note("step \(report.step): \(control.boundary.words(decision))")
    }
    return decision
  }

  /// What each term's loss is multiplied by at a step.
  private func weights(_ step: Int) -> [Double] {
    terms.map { term in
      let share = term.term.schedule.share(step: step, of: plan.steps)
      guard let control, !isVector else { return term.term.weight * share }
      return control.boundary.weight(ofTerm: term.term.name) * share
    }
  }

  private func take(_ number: Int) throws -> (StepReport, [TermReport]) {
    do {
      try start.prepare(step: number, of: plan.steps)
      var parts: [TermReport] = []
      let report = try trainer.step { step, gradients in
        let (loss, terms) = try self.step.compute(step, weights(step), gradients)
        parts = terms
        return loss
      }
      return (report, parts)
    } catch let error as StepError {
      throw UnlearningError.step(error, checkpoint: newest?.folder)
    }
  }

  // MARK: - Checkpoints

  private func save(_ report: StepReport) throws {
    let state = CheckpointState(
      run: identity, step: report.step, plan: plan.digest, data: data, log: try log.seal(),
      loss: report.loss, validation: nil, code: options.code)
    newest = try store.save(state, moments: trainer.moments) { folder in
      try write(to: folder)
      try control?.write(to: folder)
    }
  }

  /// The model, or the adapter of one, as a Hugging Face folder.
  func write(to folder: String) throws {
    if let adapter = model.adapter {
      try write(adapter, to: folder)
    } else {
      try model.save(to: folder, as: CheckpointForm(.F32, shardLimit: .max))
    }
  }

  /// An adapter as PEFT has it.
  func write(_ adapter: LowRankAdapter, to folder: String) throws {
    try adapter.save(to: folder, base: options.model, transposed: model.shape.layout == .inOut)
  }

  /// Steps that this process took.
  var done: Int { trainer.step - begun }
}
