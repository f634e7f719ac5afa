internal import Foundation
internal import Language
internal import Ledger
internal import Streams
internal import Tensors

/// A training run: data, model, steps, checkpoints and their records, from a plan.
///
/// What it writes is a function of the plan, the documents and the program: the number of threads
/// and processes, and how often it was stopped and resumed, change no byte of a checkpoint, of the
/// log or of the curve.
public final class TrainingRun {
  let plan: TrainingPlan
  let options: RunConditions
  let group: (any ProcessGroup)?
  let observer: TrainingObserver
  let workers: Workers

  /// A run; nothing is read or written yet.
  ///
  /// - Parameter group: the processes that share the slices; nil for one.
  public init(
    plan: TrainingPlan, options: RunConditions, group: (any ProcessGroup)? = nil,
    observer: TrainingObserver = TrainingObserver()
  ) {
    self.plan = plan
    self.options = options
    self.group = group.flatMap { $0.count > 1 ? $0 : nil }
    self.observer = observer
    workers = Workers(count: options.threads)
  }

  /// The first process writes; the others compute with it.
  var isFirst: Bool { group.map { $0.rank == 0 } ?? true }

  static let ownNames = [
    ".work", "checkpoints", "log.jsonl", "learning-curve.svg", "documents.index", "model",
    "adapter",
  ]

  /// Does what is not done yet.
  ///
  /// - Returns: what was done; nil in all processes but the first.
  /// - Throws: ``TrainingRunError``, ``TrainingDataError``, ``CheckpointStoreError``,
  ///   `LedgerError`, `StreamsError`, `TensorsError` and what reading a base model throws;
  ///   `InterruptedError` when a stop was asked for.
  public func run() throws -> TrainingOutcome? {
    try checkBeforePacking()
    var lock: FileLock?
    if isFirst {
      lock = try output.take(apartFrom: inputs)
      if options.fresh { try beginAnew() }
    }
    defer { withExtendedLifetime(lock) {} }
    let data = try preparedData()
    if isFirst { for note in data.summary.notes { observer.note(note) } }
    let model = try model(tokens: data.tokenizer.vocabularySize)
    try addAdapter(model)
    let steps = plan.length.steps(sequences: data.training.count, batch: plan.batch)
    let identity = try identity(data, steps: steps)
    try group?.agree(on: Array(identity.utf8), what: "plan, data or program")
    let selection = try plan.selection(of: model.layout)
    try checkMemory(model)
    let trainer = try trainer(model, selection, steps: steps)
    let session = try TrainingSession(
      self, data: data, trainer: trainer, identity: identity, steps: steps)
    try session.takeSteps()
    return try isFirst ? session.finish() : nil
  }

  // MARK: - Data

  /// The first process packs, the others wait and read what it wrote.
  private func preparedData() throws -> TrainingData {
    let preparation = DataPreparation(
      plan, output: options.output, threads: options.threads,
      progress: isFirst ? observer.preparing : nil)
    guard let group else { return try preparation.run() }
    if isFirst {
      let data = try preparation.run()
      try group.agree(on: Array(data.summary.identity.utf8), what: "data")
      return data
    }
    // Waits: what is compared is known only when it is written.
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 32, alignment: 8)
    defer { room.deallocate() }
    try group.broadcast(room, from: 0)
    return try preparation.run()
  }

  /// What the checkpoints of this run belong to: all that decides their bytes.
  private func identity(_ data: TrainingData, steps: Int) throws -> String {
    var json = JSONText()
    json.object { json in
      json.member("kind", "train")
      json.member("plan", plan.digest.hex)
      json.member("data", data.summary.identity)
      json.member("training", data.summary.training.file.sha256)
      json.member("validation", data.summary.validation?.file.sha256)
      json.member("steps", steps)
      if case .base(let folder) = plan.model {
        json.member("base", baseRow(folder)?.digest.hex)
      }
      json.member("binary", options.code.binary.hex)
      json.member("libraries", options.code.libraries)
    }
    return String(Digest256(hashing: json.bytes).hex.prefix(16))
  }

  func baseRow(_ folder: String) -> CheckpointRow? { try? SavedCheckpoint.row(ofModel: folder) }

  // MARK: - Model

  /// The model before the first step.
  private func model(tokens: Int) throws -> LanguageModel {
    switch plan.model {
    case .new(let new):
      let model = try LanguageModel(new.shape(vocabulary: tokens))
      model.initialise(seed: plan.seeds.initialisation)
      return model
    case .base(let folder):
      let model = try LanguageModel.load(folder: folder)
      guard tokens <= model.shape.vocabulary else {
        throw TrainingRunError.vocabulary(tokens: tokens, model: model.shape.vocabulary)
      }
      guard plan.sequence <= model.shape.context else {
        throw TrainingRunError.sequence(
          length: plan.sequence, context: model.shape.context, plan: plan.path)
      }
      return model
    }
  }

  private func addAdapter(_ model: LanguageModel) throws {
    guard let settings = plan.lora else { return }
    let adapter = try LowRankAdapter(
      LowRankAdapter.Settings(
        rank: settings.rank, alpha: settings.alpha, targets: settings.targets), for: model)
    adapter.initialise(seed: plan.seeds.initialisation)
    model.adapter = adapter
  }

  private func checkMemory(_ model: LanguageModel) throws {
    let trained = try plan.trainedParameters(of: model.layout, shape: model.shape)
    let memory = memory(model.shape, trained: trained, adapter: model.adapter?.elements ?? 0)
    try check(memory)
  }

  func memory(_ shape: DecoderShape, trained: Int, adapter: Int) -> TrainingMemory {
    TrainingMemory(
      shape, trained: trained, adapter: adapter,
      sequences: (plan.batch + plan.slices - 1) / plan.slices, length: plan.sequence,
      slices: group.map { $0.share(of: plan.slices).count } ?? plan.slices,
      isShared: group != nil, recompute: plan.recompute, threads: options.threads)
  }

  private func trainer(
    _ model: LanguageModel, _ selection: ParameterSelection, steps: Int
  ) throws -> Trainer {
    try Trainer(
      model, selection: selection,
      settings: Trainer.Settings(
        optimiser: plan.optimiser, schedule: plan.schedule, steps: steps, slices: plan.slices,
        recompute: plan.recompute),
      group: group, on: workers)
  }
}
