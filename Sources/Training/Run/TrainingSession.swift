internal import Foundation
internal import Language
internal import Ledger
internal import Streams
internal import Tensors

/// The steps of a run from where it stands to its end, with what is written on the way.
final class TrainingSession {
  private let run: TrainingRun
  private let data: TrainingData
  private let trainer: Trainer
  private let identity: String
  private let steps: Int
  private let order: DataOrder
  /// What the first process writes; nil in the others.
  private let store: CheckpointStore?
  private var log: TrainingLog?
  private var record: RunRecord?
  private var newest: SavedCheckpoint?
  private let begun: Int

  private var plan: TrainingPlan { run.plan }
  private var options: RunConditions { run.options }

  init(
    _ run: TrainingRun, data: TrainingData, trainer: Trainer, identity: String, steps: Int
  ) throws {
    self.run = run
    self.data = data
    self.trainer = trainer
    self.identity = identity
    self.steps = steps
    order = data.order(seed: run.plan.seeds.order)
    let hasValidation = data.validation != nil
    let rule = run.plan.checkpoints
    store =
      run.isFirst
      ? try CheckpointStore(
        output: run.options.output,
        retention: CheckpointRetention(last: rule.last, best: rule.best ?? hasValidation)) : nil
    newest = try TrainingSession.resumable(run, data, identity, store)
    begun = newest?.state.step ?? 0
    if let newest {
      try trainer.take(newest)
      trainer.resume(at: newest.state.step)
    }
    if run.isFirst { try open() }
    run.observer.beginning(
      begun, steps, TrainingProgress.operations(perRowOf: trainer.model.layout),
      try TrainingProgress.peak(on: run.workers))
  }

  // MARK: - Going on

  /// The checkpoint to go on from; the first process looks for it and tells the others.
  private static func resumable(
    _ run: TrainingRun, _ data: TrainingData, _ identity: String, _ store: CheckpointStore?
  ) throws -> SavedCheckpoint? {
    let digest = try digest(data.summary.training.file.sha256)
    let found = try store?.resume(run: identity, plan: run.plan.digest, data: digest)
    guard let group = run.group else { return found }
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
    defer { room.deallocate() }
    room.storeBytes(of: found?.state.step ?? 0, as: Int.self)
    try group.broadcast(room, from: 0)
    let step = room.load(as: Int.self)
    guard step > 0, !run.isFirst else { return found }
    return try SavedCheckpoint(
      folder: CheckpointStore.folder(in: run.options.output) + "/"
        + CheckpointStore.name(ofStep: step))
  }

  private static func digest(_ hex: String) throws -> Digest256 {
    guard let digest = Digest256(hex: hex) else { preconditionFailure("a digest that we wrote") }
    return digest
  }

  /// Opens log and ledger where the run stands.
  private func open() throws {
    let path = options.output + "/log.jsonl"
    log =
      try newest.map {
        try TrainingLog(path: path, keeping: $0.state.step, $0.state.log)
      } ?? TrainingLog(path: path)
    record = try RunRecord(
      row(), ledger: ledgerPath, index: options.output + "/documents.index",
      machine: options.machine)
    try LedgerPointer.write(ledgerPath, in: options.output)
    // A run that was killed between a checkpoint and its record.
    if let newest { try record?.record(newest) }
  }

  private var ledgerPath: String {
    options.ledger ?? data.summary.origin?.ledger ?? options.output + "/ledger.sqlite"
  }

  private func row() throws -> TrainingRow {
    var settings = JSONText()
    settings.object { settings in
      settings.member("arithmetic", "float32")
      settings.member("steps", steps)
      settings.member("slices", plan.slices)
      settings.member("tokenizer", data.summary.tokenizer.sha256)
      settings.member("documents", data.summary.documents)
      settings.member("validation", data.summary.validation?.file.sha256)
      settings.member("cut", data.summary.cut)
      settings.member("lostTokens", data.summary.lostTokens)
      settings.member("promptless", data.summary.promptless)
      settings.member("trainedValidation", data.summary.trainedValidation)
    }
    var base: CheckpointRow?
    if case .base(let folder) = plan.model { base = try SavedCheckpoint.row(ofModel: folder) }
    return TrainingRow(
      id: identity, plan: plan.bytes, settings: settings.text,
      seeds: plan.seeds.named.map { NamedSeed($0.name, $0.seed) },
      snapshotRoot: try data.summary.origin.map { try TrainingSession.digest($0.root) },
      base: base, data: try TrainingSession.digest(data.summary.training.file.sha256),
      documentIndex: try TrainingSession.digest(data.summary.index.sha256),
      sequences: Int64(data.training.count), rows: Int64(plan.sequence),
      batch: Int64(plan.batch), orderSeed: plan.seeds.order, code: options.code)
  }

  // MARK: - Steps

  func takeSteps() throws {
    while trainer.step < steps {
      if Interruption.isRequested { throw InterruptedError() }
      let number = trainer.step + 1
      let sequences = order.sequences(ofStep: number, batch: plan.batch)
      let report = try step(sequences)
      guard run.isFirst, let log else { continue }
      let isLast = number == steps
      let validates = isLast || plan.validate.map { number % $0 == 0 } ?? false
      let writes = isLast || plan.checkpoints.every.map { number % $0 == 0 } ?? false
      let validation = validates || writes ? try validationLoss() : nil
      if validates || writes { try checkUpdate(validation, sequences) }
      try log.append(
        TrainingLog.Line(
          step: number, loss: report.loss, gradientNorm: report.gradientNorm, rate: report.rate,
          tokens: report.scored, validation: validation))
      if writes { try save(report, validation) }
      run.observer.step(report)
    }
  }

  private func step(_ sequences: [Int]) throws -> StepReport {
    do {
      return try trainer.step(data.training.batch(sequences: sequences))
    } catch let error as StepError {
      throw TrainingRunError.step(error, sequences: sequences, checkpoint: newest?.folder)
    }
  }

  /// What is kept is sound: the loss before an update says nothing of what came out of it.
  private func checkUpdate(_ validation: Double?, _ sequences: [Int]) throws {
    let loss = try validation ?? trainer.loss(over: [data.training.batch(sequences: sequences)])
    guard loss.isFinite, loss <= trainer.lossLimit else {
      throw TrainingRunError.step(
        .unsound(step: trainer.step, loss: loss, limit: trainer.lossLimit), sequences: sequences,
        checkpoint: newest?.folder)
    }
  }

  private func validationLoss() throws -> Double? {
    guard let file = data.validation else { return nil }
    let size = max(1, plan.batch / plan.slices)
    return try trainer.loss(
      over: stride(from: 0, to: file.count, by: size).lazy.map { first in
        file.batch(sequences: Array(first..<min(first + size, file.count)))
      })
  }

  // MARK: - Checkpoints

  private func save(_ report: StepReport, _ validation: Double?) throws {
    guard let store, let log else { return }
    let state = CheckpointState(
      run: identity, step: report.step, plan: plan.digest,
      data: try TrainingSession.digest(data.summary.training.file.sha256), log: try log.seal(),
      loss: report.loss, validation: validation, code: options.code)
    let saved = try store.save(state, moments: trainer.moments) { folder in
      try write(to: folder)
    }
    newest = saved
    try record?.record(saved)
  }

  /// The model, or the adapter of one, as a Hugging Face folder.
  private func write(to folder: String) throws {
    let model = trainer.model
    if let adapter = model.adapter {
      try adapter.save(
        to: folder, base: plan.writtenBase ?? "", transposed: model.shape.layout == .inOut)
    } else {
      try model.save(to: folder, as: form())
    }
  }

  private func form() throws -> CheckpointForm {
    let tokenizer = try FileSource.contents(of: data.tokenizerPath)
    return CheckpointForm(
      .F32, shardLimit: .max, tokenizer: tokenizer,
      endTokens: data.summary.endToken.map { [$0] } ?? [])
  }

  // MARK: - The end

  func finish() throws -> TrainingOutcome {
    guard let newest, let log else { preconditionFailure("the last step writes a checkpoint") }
    try store?.prune()
    try LearningCurve(log.lines).write(to: options.output + "/learning-curve.svg")
    let model = options.output + "/model"
    // Also where it is there already: nobody can say what became of it since.
    try Folder.remove(model)
    if trainer.model.adapter != nil {
      let folder = options.output + "/adapter"
      try Folder.remove(folder)
      try Folder.make(folder)
      try write(to: folder)
      trainer.model.mergeAdapter(on: run.workers)
    }
    try trainer.model.save(to: model, as: form())
    if plan.lora != nil {
      try record?.record(
        merged: model, after: newest, index: options.output + "/documents.index",
        machine: options.machine)
    }
    let line = log.lines[log.lines.count - 1]
    return TrainingOutcome(
      run: identity, steps: steps, done: steps - begun, loss: line.loss,
      validation: line.validation, scored: log.lines.reduce(0) { $0 + $1.tokens }, model: model,
      checkpoint: newest.folder, ledger: ledgerPath, data: data.summary)
  }
}
