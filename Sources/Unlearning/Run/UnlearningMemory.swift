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

  /// All of it.
  public var total: Int { training.total + start }

  init(_ terms: [RunningTerm], _ plan: UnlearningPlan, _ trained: Trained, threads: Int) {
    let model = trained.model
    var (sequences, length) = (1, 1)
    for term in terms where term.isActive {
      let texts = (term.term.batch + plan.slices - 1) / plan.slices * term.items[0].texts.count
      let longest = term.items.lazy.flatMap(\.texts).map(\.tokens.count).max() ?? 1
      if texts * longest > sequences * length { (sequences, length) = (texts, longest) }
    }
    training = TrainingMemory(
      model.shape, trained: trained.count, adapter: model.adapter?.elements ?? 0,
      sequences: sequences, length: length, slices: 1, recompute: plan.recompute, threads: threads)
    let memory = StartMemory(terms, model: model, selection: trained.selection)
    start =
      memory.all == 0 ? 0 : min(plan.referenceMemory, memory.whole)
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
