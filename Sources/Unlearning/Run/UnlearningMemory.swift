internal import Language
internal import Tensors
public import Training

/// The memory that an unlearning run needs, in bytes: what `--dry-run` prints and a plan's `memory`
/// limits.
public struct UnlearningMemory: Sendable, Equatable {
  /// What training with such batches needs.
  public let training: TrainingMemory
  /// What is kept of the start model.
  public let start: Int
  /// What measuring the boundary's items takes, while what training needs stays.
  public let measuring: Int
  /// The weights that a task vector is subtracted from, and those that it is tried on.
  public let vector: Int
  /// The least of all of it, with or without `recompute: true` and a slice for each item.
  let least: Int

  /// All of it.
  public var total: Int { training.total + start + measuring + vector }

  /// - Parameter measured: the rows that a measurement computes at one time, and how many of them a
  ///   sequence has; none without a boundary.
  init(
    _ terms: [RunningTerm], _ plan: UnlearningPlan, _ trained: Trained, threads: Int,
    measured: (length: Int, rows: Int)?
  ) {
    let model = trained.model
    func training(slices: Int, recompute: Bool) -> TrainingMemory {
      var (sequences, length) = (1, 1)
      for term in terms where term.isActive {
        let texts = (term.term.batch + slices - 1) / slices * term.items[0].texts.count
        let longest = term.items.lazy.flatMap(\.texts).map(\.tokens.count).max() ?? 1
        if texts * longest > sequences * length { (sequences, length) = (texts, longest) }
      }
      return TrainingMemory(
        model.shape, trained: trained.count, adapter: model.adapter?.elements ?? 0,
        sequences: sequences, length: length, slices: 1, recompute: recompute, threads: threads)
    }
    let own = training(slices: plan.slices, recompute: plan.recompute)
    let slices = [plan.slices, terms.map(\.term.batch).max() ?? 1]
    let forms = slices.flatMap { slices in
      [true, false].map { training(slices: slices, recompute: $0) }
    }
    let memory = StartMemory(terms, model: model, selection: trained.selection)
    start =
      memory.all == 0 ? 0 : min(plan.referenceMemory, memory.whole)
    let float = MemoryLayout<Float>.stride
    func measuring(beside training: TrainingMemory) -> Int {
      guard let measured else { return 0 }
      // Workers keep one scratch for both.
      let scratch = TrainingPass.scratchFloats(
        model.shape, rows: measured.rows, length: measured.length, workers: threads)
      return TrainingPass.valueFloats(model.shape, rows: measured.rows) * float
        + max(0, scratch * float - training.scratch)
    }
    self.training = own
    self.measuring = measuring(beside: own)
    let scales = (terms[0].objective as? TaskVector)?.scales.count ?? 0
    vector =
      scales == 0 || model.adapter != nil
      ? 0 : (scales > 1 ? 2 : 1) * model.weights.count * float
    let rest = start + vector
    least = forms.reduce(.max) { min($0, $1.total + measuring(beside: $1) + rest) }
  }

  /// Refuses a run that needs more than the plan allows, or than the machine has.
  ///
  /// - Throws: ``UnlearningError/memory(needed:limit:least:plan:)``.
  func check(
    _ plan: UnlearningPlan, machine: Int = TrainingMemory.ofMachine
  ) throws(UnlearningError) {
    let limit = min(plan.memory ?? .max, machine)
    guard total <= limit else {
      throw .memory(needed: total, limit: limit, least: least, plan: plan.path)
    }
  }
}

/// A model and what is trained of it.
struct Trained {
  let model: LanguageModel
  let selection: ParameterSelection

  /// How many parameters are trained.
  var count: Int {
    if let adapter = model.adapter { return adapter.elements }
    return model.layout.parameters.indices.filter { selection.contains($0) }
      .reduce(0) { $0 + model.layout.parameters[$1].place.range.count }
  }
}

/// What a run would take.
public struct UnlearningForecast: Sendable, Equatable {
  /// Parameters of the model.
  public let parameters: Int
  /// Those that are trained.
  public let trained: Int
  /// Items of each term, in the plan's order.
  public let items: [Int]
  /// The memory.
  public let memory: UnlearningMemory
  /// Items that are longer than a sequence.
  public let cut: CutItems
  /// Steps whose start values are computed at one time; 0 where all are kept.
  public let windowSteps: Int
  /// Rows of a step, about.
  public let rows: Int
  /// Floating-point operations of a row, forward and backward.
  public let operations: Double
  /// How often the boundary is measured; 0 where the plan states none.
  public let measurements: Int
  /// Seconds that one measurement took just now.
  public let secondsPerMeasurement: Double
}
