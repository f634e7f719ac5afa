internal import Evaluation
internal import Foundation
internal import Language
internal import Ledger
internal import Streams
internal import Tensors
internal import Training

/// An unlearning run: data, model, steps, boundary and verdict, from a plan.
///
/// What it writes is a function of the plan, the model, the items and the program: the number of
/// threads, and how often it was stopped and resumed, change no byte.
public final class UnlearningRun {
  let plan: UnlearningPlan
  let options: UnlearningOptions
  let observer: UnlearningObserver
  let workers: Workers

  /// A run; nothing is read or written yet.
  public init(
    plan: UnlearningPlan, options: UnlearningOptions,
    observer: UnlearningObserver = UnlearningObserver()
  ) {
    self.plan = plan
    self.options = options
    self.observer = observer
    workers = Workers(count: options.threads)
  }

  /// What is read before anything is computed.
  struct Material {
    let data: UnlearningData
    let files: RunFiles
    /// What the ledger knows the start model by.
    let base: CheckpointRow
    let terms: [RunningTerm]
    let trained: Trained
    /// Nil where the plan states no boundary.
    let meter: BoundaryMeter?
  }

  /// Does what is not done yet.
  ///
  /// - Throws: ``UnlearningError``, `TrainingRunError` where the output is not a run's own or holds
  ///   or lies in what is read, `CheckpointStoreError`, `LedgerError`, `StreamsError`,
  ///   `TensorsError` and what reading model, tokenizer and items throws; `InterruptedError` when a
  ///   stop was asked for.
  public func run() throws -> UnlearningOutcome {
    if options.ledger != nil { try ledger.checkPath() }
    let lock = try output.take(apartFrom: inputs + [ledger.path])
    defer { withExtendedLifetime(lock) {} }
    let material = try material()
    let identity = try identity(material)
    if !options.fresh,
      let outcome = try FinishedRun.outcome(in: options.output, run: identity)
    {
      // A run that was killed on its last lines.
      if let model = outcome.model {
        try FinishedRun.publish(in: options.output)
        guard Folder.exists(model) else { throw UnlearningError.gone(model: model) }
      }
      for name in [".work", "checkpoints"] { try Folder.remove("\(options.output)/\(name)") }
      return outcome
    }
    // What could refuse comes before anything is taken away, and before the steps: what they give
    // is nothing without its record.
    try memory(material).check(plan)
    try ledger.check()
    if options.fresh { try output.clear() }
    try Folder.make("\(options.output)/\(UnlearningRun.mark)")
    let trainer = try Trainer(
      material.trained.model, selection: material.trained.selection,
      settings: Trainer.Settings(
        optimiser: plan.optimiser, schedule: plan.schedule, steps: plan.steps,
        recompute: plan.recompute), on: workers)
    let session = try UnlearningSession(
      self, material: material, trainer: trainer, identity: identity)
    try session.takeSteps()
    return try session.finish()
  }

  /// What a run would take; nothing is written.
  ///
  /// - Throws: as ``run()``.
  public func forecast() throws -> UnlearningForecast {
    let material = try material()
    let memory = memory(material)
    try memory.check(plan)
    let start = StartMemory(
      material.terms, model: material.trained.model, selection: material.trained.selection)
    let active = material.terms.filter(\.isActive)
    let (measurements, seconds) = try measured(material)
    return UnlearningForecast(
      parameters: material.trained.model.layout.elements, trained: material.trained.count,
      items: material.terms.map(\.items.count), memory: memory, cut: material.data.cut,
      windowSteps: try start.windowSteps(plan),
      rows: active.reduce(0) { $0 + $1.term.batch * $1.tokens / $1.items.count },
      operations: TrainingProgress.operations(perRowOf: material.trained.model.layout),
      measurements: measurements, secondsPerMeasurement: seconds)
  }

  /// How often the boundary is measured, and how long that takes: it is done once.
  private func measured(_ material: Material) throws -> (Int, Double) {
    guard let rule = plan.boundary, let meter = material.meter else { return (0, 0) }
    let clock = ContinuousClock()
    let time = try clock.measure { _ = try meter.measure(material.trained.model, .dual) }
    let every = rule.settings.every
    return ((plan.steps + every - 1) / every + 1, time / .seconds(1))
  }

  /// Where the run is recorded.
  var ledger: RunLedger { RunLedger(path: options.ledger ?? options.output + "/ledger.sqlite") }

  // MARK: - What is read

  private func material() throws -> Material {
    let model = try LanguageModel.load(folder: options.model)
    let tokenizer = try Tokenizer(path: options.model + "/tokenizer.json")
    guard tokenizer.vocabularySize <= model.shape.vocabulary else {
      throw UnlearningError.vocabulary(
        tokens: tokenizer.vocabularySize, model: model.shape.vocabulary)
    }
    guard plan.sequence <= model.shape.context else {
      throw UnlearningError.sequence(
        length: plan.sequence, context: model.shape.context, plan: plan.path)
    }
    let encoder =
      try DocumentEncoder(tokenizer, ofModel: options.model)
      ?? DocumentEncoder(tokenizer, end: DocumentEncoder.end(named: nil, of: tokenizer))
    let data = try UnlearningData(plan, encoder: encoder)
    let files = try RunFiles(plan)
    let meter = try plan.boundary.map { rule in
      try BoundaryMeter(
        rule.constraints, of: EvaluationSubject(model, tokenizer: tokenizer, on: workers),
        apartFrom: data.texts)
    }
    let selection = try plan.parameters.selection(of: model.layout, plan: plan.path)
    if let settings = plan.lora {
      let adapter = try LowRankAdapter(
        LowRankAdapter.Settings(
          rank: settings.rank, alpha: settings.alpha, targets: settings.targets), for: model)
      adapter.initialise(seed: plan.seeds.initialisation)
      model.adapter = adapter
    }
    return Material(
      data: data, files: files,
      base: try SavedCheckpoint.row(ofModel: options.model),
      terms: try RunningTerm.terms(of: plan, data, model.shape),
      trained: Trained(
        model: model,
        selection: plan.lora == nil ? selection : ParameterSelection(model.layout) { _ in false }),
      meter: meter)
  }

  /// What the checkpoints of this run belong to: all that decides their bytes.
  private func identity(_ material: Material) throws -> String {
    var json = JSONText()
    try json.object { json in
      json.member("kind", "unlearn")
      json.member("plan", plan.digest.hex)
      json.member("data", material.data.digest.hex)
      json.array("files") { json in
        for file in material.files.files { json.value(file.file.artefact.sha256.hex) }
      }
      json.member("base", material.base.digest.hex)
      json.member("tokenizer", try FileSource.digest(of: options.model + "/tokenizer.json").hex)
      json.member("binary", options.code.binary.hex)
      json.member("libraries", options.code.libraries)
    }
    return String(Digest256(hashing: json.bytes).hex.prefix(16))
  }

  private func memory(_ material: Material) -> UnlearningMemory {
    UnlearningMemory(
      material.terms, plan, material.trained, threads: options.threads,
      measured: material.meter?.size)
  }
}
