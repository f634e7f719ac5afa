internal import Evaluation
internal import Language
internal import Settings
internal import Streams
internal import Tensors
internal import Training

/// Fine-tuning: how soon does what was forgotten come back, and does what was *not* taught come
/// back with it?
///
/// | key | meaning |
/// |---|---|
/// | `data` | JSON lines `{"text"}`, `{"prompt","response"}` or `{"question","answer"}` |
/// | `teaches` | the sets whose facts stand in the data; default none, as of benign text |
/// | `rates` | learning rates; a trial for each |
/// | `steps`, `batch` | how many steps, and items of each |
/// | `every` | steps between two measurements; default a tenth |
/// | `adapt` | `full`, `lora`, or both; default `full` |
/// | `lora` | `{rank, alpha, targets}`, where `adapt` has it |
/// | `schedule` | as of training; default constant |
/// | `decay` | weight decay; default 0 |
/// | `seeds` | a trial for each: the order of the items, and the adapter's first weights |
/// | `sequence` | tokens of an item at most; default what the model sees |
///
/// Held-out facts that come back after the others were taught were inside all the time: Deeb and
/// Roger, "Do Unlearning Methods Remove Information from Language Model Weights?" (arXiv
/// 2410.08827). Learning rates and steps decide what an attack finds ("SoK: Machine Unlearning for
/// Large Language Models", arXiv 2506.09227), hence the list. Arithmetic is in Float: attacks in
/// half precision understate what comes back.
struct Relearning: Attack {
  static let kind = "relearn"
  static let keys = [
    "data", "teaches", "rates", "steps", "every", "batch", "adapt", "lora", "schedule", "decay",
    "seeds", "sequence",
  ]

  /// What is trained.
  enum Adaptation: String, CaseIterable { case full, lora }

  let name: String
  let files: [NamedFile]
  var lessons: [NamedFile] { files }
  let teaches: [MeasuredSet]
  let trials: [AttackTrial]
  private let settings: [Setting]
  private let steps: Int
  private let every: Int
  private let batch: Int
  private let lora: TrainingPlan.LowRank?
  private let schedule: Schedule
  private let decay: Double
  private let sequence: Int?

  private struct Setting {
    var rate: Double
    var adaptation: Adaptation
    var seed: UInt64
  }

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try settings.required("name").string()
    files = try NamedFile.list(settings.required("data"), folder: folder)
    // What a model is to be able to do is nothing that comes back.
    let sets = MeasuredSet.allCases.filter { $0 != .general }.map(\.rawValue)
    teaches =
      try settings.optional("teaches")?.sequence().compactMap {
        MeasuredSet(rawValue: try $0.choice(of: sets))
      } ?? []
    steps = try settings.required("steps").int(in: 1...1_000_000)
    every = try settings.optional("every")?.int(in: 1...steps) ?? max(1, steps / 10)
    batch = try settings.required("batch").int(in: 1...(1 << 16))
    lora = try settings.optional("lora").map { try TrainingPlan.LowRank($0) }
    schedule = try Schedule(settings.optional("schedule"))
    try schedule.check(steps: steps, settings)
    decay = try settings.optional("decay")?.double(in: 0...1e3) ?? 0
    sequence = try settings.optional("sequence")?.int(in: 2...(1 << 20))
    let rates = try settings.required("rates").distinct { try $0.double(in: 0...1e3) }
    let seeds =
      try settings.optional("seeds")?.distinct { UInt64(try $0.int(in: 0...Int.max)) } ?? [1]
    let adaptations: [Adaptation] =
      try settings.optional("adapt")?.distinct { node in
        let word = try node.choice(of: Adaptation.allCases.map(\.rawValue))
        return Adaptation(rawValue: word) ?? .full
      } ?? [.full]
    if adaptations.contains(.lora), lora == nil {
      throw settings.node.mistake("adapts by `lora`: give the key `lora`, {rank, targets}")
    }
    let all = adaptations.flatMap { adaptation in
      rates.flatMap { rate in
        seeds.map { Setting(rate: rate, adaptation: adaptation, seed: $0) }
      }
    }
    self.settings = all
    trials = all.enumerated().map { number, one in
      let group = "\(one.adaptation.rawValue)/\(one.rate)"
      return AttackTrial(label: "\(group)/seed-\(one.seed)", number: number, group: group)
    }
  }

  func run(_ trial: AttackTrial, on subject: AttackSubject) throws -> AttackCurve {
    let setting = settings[trial.number]
    let model = subject.model
    let limit = min(sequence ?? model.shape.context, model.shape.context)
    let items = try LearningItems(files, attack: name, of: subject, limit: limit)
    if setting.adaptation == .lora, let lora {
      let adapter = try LowRankAdapter(
        LowRankAdapter.Settings(rank: lora.rank, alpha: lora.alpha, targets: lora.targets),
        for: model)
      adapter.initialise(seed: setting.seed)
      model.adapter = adapter
    }
    let trainer = try Trainer(
      model,
      settings: Trainer.Settings(
        optimiser: OptimiserSettings(rate: setting.rate, decay: decay), schedule: schedule,
        steps: steps), on: subject.workers)
    let order = DataOrder(count: items.count, seed: setting.seed)
    var curve = AttackCurve(.step, [AttackCurve.Point(at: 0, try subject.scores())])
    while trainer.step < steps {
      if Interruption.isRequested { throw InterruptedError() }
      let number = trainer.step + 1
      do {
        _ = try trainer.step { _, gradients in
          let numbers = order.sequences(ofStep: number, batch: batch)
          return try Relearning.loss(of: items.batch(numbers), gradients)
        }
        if number % every == 0 || number == steps {
          curve.points.append(AttackCurve.Point(at: number, try subject.scores()))
        }
      } catch is StepError {
        curve.brokenAt = number
        break
      } catch let error as EvaluationError {
        // An update may have made the weights such that nothing can be computed with them.
        guard case .notFinite = error else { throw error }
        curve.brokenAt = number
        break
      }
    }
    return curve
  }

  /// Leaves the gradient of the mean loss. What was made to forget may begin far above the loss of
  /// guessing: that is no explosion.
  private static func loss(
    of batch: TrainingBatch, _ gradients: StepGradients
  ) throws -> StepLoss {
    let scored = batch.scored
    try gradients.pass.forward(batch.tokens, length: batch.length)
    let loss = gradients.pass.lossAndGradient(
      targets: batch.targets, factor: Float(1 / Double(scored)), into: gradients.ofModel,
      selection: gradients.selection)
    gradients.backward()
    return StepLoss(
      loss: loss.sequences.reduce(0, +) / Double(scored), scored: scored,
      rows: batch.tokens.count)
  }
}
