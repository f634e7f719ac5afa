internal import Foundation
public import Language
public import Tensors

/// A model, what an optimiser keeps of it, and the steps that change both.
///
/// A step takes a batch in slices. Each slice's gradient is computed alone, and the sum is taken in
/// the order of the slices: the bits depend on the batch and the number of slices, and not on the
/// number of workers or on how many processes share the slices.
public final class Trainer {
  /// What a step is told.
  public struct Settings: Sendable, Equatable {
    /// The optimiser's numbers.
    public var optimiser: OptimiserSettings
    /// How the rate changes.
    public var schedule: Schedule
    /// How many steps there are.
    public var steps: Int
    /// Parts of a batch whose gradients are computed apart.
    public var slices: Int
    /// Whether blocks compute their activations again instead of keeping them.
    public var recompute: Bool

    /// Settings of a run.
    ///
    /// - Precondition: at least one step and one slice.
    public init(
      optimiser: OptimiserSettings, schedule: Schedule = Schedule(), steps: Int, slices: Int = 1,
      recompute: Bool = false
    ) {
      precondition(steps > 0 && slices > 0, "at least one step and one slice")
      self.optimiser = optimiser
      self.schedule = schedule
      self.steps = steps
      self.slices = slices
      self.recompute = recompute
    }
  }

  /// The model, whose weights each step changes.
  public let model: LanguageModel
  /// What is trained of it; nothing where the model has an adapter, which is trained then.
  public let selection: ParameterSelection
  /// What each step changes: the model's weights or its adapter's.
  public let parameters: FloatBlock
  /// What a step is told.
  public let settings: Settings
  /// The optimiser's moments, laid as the parameters. Those of frozen ones are zero.
  public let firstMoments, secondMoments: FloatBlock
  /// How many steps are done.
  public private(set) var step: Int
  /// What every rate is multiplied by: 1 at first; who rolls a run back lowers it.
  public var rateScale = 1.0

  let workers: Workers
  let pass: TrainingPass
  /// Of the slice that is computed; one for each own slice where processes share them.
  let gradients: [FloatBlock]
  /// Where the model's gradients would go while an adapter is trained: never touched.
  let untouched: FloatBlock?
  /// The sum over slices; nil where there is one slice.
  private let total: FloatBlock?
  private let group: (any ProcessGroup)?
  private let decayed, undecayed: [Range<Int>]

  /// A trainer whose moments are zero.
  ///
  /// - Parameters:
  ///   - step: steps that are done already, when a run goes on: the moments are filled afterwards.
  ///   - group: the processes that share the slices; all have the same model, settings and batches.
  /// - Throws: `TensorsError` where there is no memory for gradients and moments;
  ///   ``ProcessGroupError/tooMany(processes:slices:)``.
  public init(
    _ model: LanguageModel, selection: ParameterSelection = .all, settings: Settings,
    step: Int = 0, group: (any ProcessGroup)? = nil, on workers: Workers
  ) throws {
    let group = group.flatMap { $0.count > 1 ? $0 : nil }
    if let group, group.count > settings.slices {
      throw ProcessGroupError.tooMany(processes: group.count, slices: settings.slices)
    }
    self.group = group
    self.model = model
    let adapter = model.adapter
    self.selection = adapter == nil ? selection : ParameterSelection(model.layout) { _ in false }
    parameters = adapter?.weights ?? model.weights
    self.settings = settings
    self.workers = workers
    self.step = step
    let count = parameters.count
    pass = TrainingPass(model, on: workers, recomputing: settings.recompute)
    let own = group?.share(of: settings.slices).count ?? 1
    gradients = try (0..<own).map { _ in try FloatBlock(count: count) }
    untouched = adapter == nil ? nil : try FloatBlock(count: model.layout.count)
    total = settings.slices > 1 ? try FloatBlock(count: count) : nil
    firstMoments = try FloatBlock(count: count)
    secondMoments = try FloatBlock(count: count)
    if let adapter {
      (decayed, undecayed) = (adapter.ranges, [])
    } else {
      let chosen = model.layout.parameters.enumerated().filter { selection.contains($0.offset) }
        .map(\.element)
      decayed = chosen.filter { $0.shape.count > 1 }.map(\.place.range)
      undecayed = chosen.filter { $0.shape.count == 1 }.map(\.place.range)
    }
  }

  /// The moments with the names of what they belong to, as a checkpoint keeps them.
  package var moments: OptimiserMoments {
    if let adapter = model.adapter {
      let tensors = adapter.layers.flatMap { layer in
        [("lora_A", layer.down), ("lora_B", layer.up)].map { part, place in
          OptimiserMoments.Tensor(
            name: "\(layer.module).\(part)", shape: [place.rows, place.columns],
            offset: place.offset)
        }
      }
      return OptimiserMoments(tensors: tensors, first: firstMoments, second: secondMoments)
    }
    let layout = model.layout
    let trained = Set(
      layout.parameters.indices.filter { selection.contains($0) }.map {
        layout.parameters[$0].name
      })
    return OptimiserMoments(layout, first: firstMoments, second: secondMoments) {
      trained.contains($0)
    }
  }

  /// Goes on behind a step whose weights and moments were read.
  package func resume(at step: Int) {
    precondition(step >= 0, "steps are counted from 1")
    self.step = step
  }

  /// What is trained, as ranges of the weights.
  public var ranges: [Range<Int>] { decayed + undecayed }

  /// A loss above this is an explosion: twice that of guessing among all tokens.
  public var lossLimit: Double { 2 * log(Double(model.shape.vocabulary)) }

  /// Takes one step.
  ///
  /// - Parameter batch: its sequences are cut into slices of the same number, so far as it goes.
  /// - Throws: ``StepError``, and nothing is changed then; `ModelInputError` or `TensorsError` of
  ///   the forward pass.
  public func step(_ batch: TrainingBatch) throws -> StepReport {
    let number = step + 1
    let scored = batch.scored
    guard scored > 0 else { throw StepError.nothingScored(step: number) }
    let loss = try gradient(batch, scored: scored) / Double(scored)
    guard loss.isFinite else { throw StepError.notFinite(step: number, what: "loss") }
    guard loss <= lossLimit else {
      throw StepError.exploded(step: number, loss: loss, limit: lossLimit)
    }
    return try finish(
      number, loss: loss, gradients: total ?? gradients[0], scored: scored,
      rows: batch.tokens.count)
  }

  /// The mean loss over the scored tokens of batches, in nats; nothing is changed.
  ///
  /// - Throws: `ModelInputError` or `TensorsError` of the forward pass.
  public func loss(over batches: some Sequence<TrainingBatch>) throws -> Double {
    var (sum, scored) = (0.0, 0)
    for batch in batches {
      try pass.forward(
        batch.tokens, length: batch.length, segments: batch.segments, for: .values)
      let loss = pass.loss(targets: batch.targets)
      sum = loss.sequences.reduce(sum, +)
      scored += loss.scored.reduce(0, +)
    }
    return scored == 0 ? 0 : sum / Double(scored)
  }

  // MARK: - The parts of a step

  /// Leaves the gradient of the mean loss in the sum's block; gives the sum of the losses.
  private func gradient(_ batch: TrainingBatch, scored: Int) throws -> Double {
    let factor = Float(1 / Double(scored))
    let slices = min(settings.slices, batch.sequences)
    let own = group?.share(of: slices) ?? 0..<slices
    var losses: [Double] = []
    for (place, index) in own.enumerated() {
      let range = (index * batch.sequences / slices)..<((index + 1) * batch.sequences / slices)
      let part = slices == 1 ? batch : batch.sequences(range)
      let gradients = self.gradients[group == nil ? 0 : place]
      losses.append(try gradient(part, factor, into: gradients))
      if group == nil, let total { add(gradients, to: total, isFirst: index == 0) }
    }
    guard let group, let total else { return losses.reduce(0, +) }
    return try SliceSum(group: group, ranges: ranges, workers: workers)
      .sum(losses, gradients: Array(gradients[..<own.count]), into: total)
  }

  /// Makes the gradients of what is trained zero. Frozen ranges are never touched: their pages cost
  /// nothing.
  func clear(_ gradients: FloatBlock) {
    for range in ranges {
      (gradients.base + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }

  private func gradient(
    _ batch: TrainingBatch, _ factor: Float, into gradients: FloatBlock
  ) throws -> Double {
    clear(gradients)
    try pass.forward(batch.tokens, length: batch.length, segments: batch.segments)
    let ofModel = untouched ?? gradients
    let loss = pass.lossAndGradient(
      targets: batch.targets, factor: factor, into: ofModel, selection: selection)
    pass.backward(
      into: ofModel, selection: selection, adapter: model.adapter == nil ? nil : gradients)
    return loss.sequences.reduce(0, +)
  }

  private func add(_ gradients: FloatBlock, to total: FloatBlock, isFirst: Bool) {
    for range in ranges {
      if isFirst {
        (total.base + range.lowerBound).update(
          from: gradients.base + range.lowerBound, count: range.count)
      } else {
        total.add(gradients, in: range, on: workers)
      }
    }
  }

  /// Takes the step of gradients that are there.
  func finish(
    _ number: Int, loss: Double, gradients: FloatBlock, scored: Int, rows: Int
  ) throws(StepError) -> StepReport {
    let norm = GradientNorm.of(gradients, ranges: ranges, on: workers)
    guard norm.isFinite else { throw .notFinite(step: number, what: "gradient") }
    let rate = update(number, gradients, norm)
    step = number
    return StepReport(
      step: number, loss: loss, gradientNorm: norm, rate: rate, scored: scored, rows: rows)
  }

  private func update(_ number: Int, _ gradients: FloatBlock, _ norm: Double) -> Double {
    let optimiser = settings.optimiser
    let rate =
      optimiser.rate * rateScale * settings.schedule.share(step: number, of: settings.steps)
    let adam = AdamW(
      beta1: Float(optimiser.beta1), beta2: Float(optimiser.beta2),
      epsilon: Float(optimiser.epsilon))
    var step = AdamW.Step(
      number: number, rate: Float(rate), decay: Float(optimiser.decay),
      gradientScale: optimiser.clip.map { GradientNorm.clipping(norm, to: $0) } ?? 1)
    func run(_ ranges: [Range<Int>]) {
      adam.step(
        step, parameters: parameters, gradients: gradients, firstMoments: firstMoments,
        secondMoments: secondMoments, ranges: ranges, on: workers)
    }
    run(decayed)
    step.decay = 0
    run(undecayed)
    return rate
  }
}
