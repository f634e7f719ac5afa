public import Language
public import Tensors

/// Where the gradients of a step are left by who computes them.
public struct StepGradients {
  /// A pass of the trainer's model.
  public let pass: TrainingPass
  /// A block of the model's layout: what is trained of it is zero at first; gradients are added.
  /// Where an adapter is trained it is never touched.
  public let ofModel: FloatBlock
  /// A block of the plan of the model's adapter, likewise; nil where it has none.
  public let ofAdapter: FloatBlock?
  /// What is trained of the model.
  public let selection: ParameterSelection

  /// Goes back through the pass behind a forward pass whose losses left their gradients.
  public func backward() {
    pass.backward(into: ofModel, selection: selection, adapter: ofAdapter)
  }
}

/// What somebody's gradients of a step are of.
public struct StepLoss: Sendable, Equatable {
  /// The loss.
  public var loss: Double
  /// Tokens that enter it.
  public var scored: Int
  /// Rows that were computed, padding too.
  public var rows: Int

  /// A loss.
  public init(loss: Double, scored: Int, rows: Int) {
    self.loss = loss
    self.scored = scored
    self.rows = rows
  }
}

extension Trainer {
  /// Takes one step by gradients that somebody else computes: of any loss, also one below zero.
  ///
  /// - Parameter compute: adds the gradient of the loss where it is told, and says the loss.
  /// - Precondition: one slice and one process: who computes the gradients cuts its own batches.
  /// - Throws: ``StepError`` where loss or gradient is no number, and nothing is changed then; what
  ///   `compute` throws.
  public func step(
    _ compute: (_ number: Int, _ gradients: StepGradients) throws -> StepLoss
  ) throws -> StepReport {
    precondition(settings.slices == 1 && gradients.count == 1, "slices are the caller's")
    let number = step + 1
    let own = gradients[0]
    clear(own)
    let done = try compute(
      number,
      StepGradients(
        pass: pass, ofModel: untouched ?? own, ofAdapter: model.adapter == nil ? nil : own,
        selection: selection))
    guard done.loss.isFinite else { throw StepError.notFinite(step: number, what: "loss") }
    return try finish(
      number, loss: done.loss, gradients: own, scored: done.scored, rows: done.rows)
  }

  /// Calls `body` with the model as it is told to be, and sets it back: what is trained waits in
  /// the block of the gradients, which is free between steps. So a start model is asked without a
  /// second one in memory. An adapter is left out meanwhile.
  ///
  /// - Parameter change: makes the model's weights what they are to be.
  /// - Throws: what either throws; the weights are set back then too.
  public func withModel<Result>(
    changedBy change: (LanguageModel) throws -> Void, _ body: () throws -> Result
  ) throws -> Result {
    if let adapter = model.adapter {
      // The model's own weights are frozen.
      model.adapter = nil
      defer { model.adapter = adapter }
      return try body()
    }
    let waiting = gradients[0]
    copy(from: model.weights, to: waiting)
    defer { copy(from: waiting, to: model.weights) }
    try change(model)
    return try body()
  }

  private func copy(from source: FloatBlock, to target: FloatBlock) {
    for range in ranges {
      (target.base + range.lowerBound).update(
        from: source.base + range.lowerBound, count: range.count)
    }
  }
}
