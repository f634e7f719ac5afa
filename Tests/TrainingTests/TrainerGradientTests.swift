import Language
import Tensors
import Testing

@testable import Training

@Suite("Gradients that somebody else computes") struct TrainerGradientTests {
  private func trainer(_ adapter: Bool = false) throws -> Trainer {
    let model = try TinyModel.make()
    if adapter {
      let lora = try LowRankAdapter(
        LowRankAdapter.Settings(rank: 2, alpha: 4, targets: ["q_proj"]), for: model)
      lora.initialise(seed: 3)
      model.adapter = lora
    }
    return try Trainer(model, settings: TinyModel.settings(), on: Workers(count: 2))
  }

  /// What a step on a batch does, by hand.
  private func gradient(
    _ batch: TrainingBatch, _ gradients: StepGradients, times sign: Double = 1
  ) throws -> StepLoss {
    let pass = gradients.pass
    try pass.forward(batch.tokens, length: batch.length, segments: batch.segments)
    let loss = pass.lossAndGradient(
      targets: batch.targets, factor: Float(sign / Double(batch.scored)), into: gradients.ofModel,
      selection: gradients.selection)
    gradients.backward()
    return StepLoss(
      loss: sign * loss.sequences.reduce(0, +) / Double(batch.scored), scored: batch.scored,
      rows: batch.tokens.count)
  }

  @Test("make the step of the batch that they are of", arguments: [false, true])
  func sameStep(adapter: Bool) throws {
    let (one, other) = (try trainer(adapter), try trainer(adapter))
    for step in 0..<3 {
      let batch = TinyModel.batch(UInt64(step))
      let report = try one.step(batch)
      let again = try other.step { number, gradients in
        #expect(number == step + 1)
        return try gradient(batch, gradients)
      }
      #expect(report == again)
      #expect(one.parameters.floats.elementsEqual(other.parameters.floats))
    }
  }

  @Test("may be of a loss below zero; one that is no number changes nothing") func losses() throws {
    let trainer = try trainer()
    let batch = TinyModel.batch(1)
    #expect(try trainer.step { try gradient(batch, $1, times: -1) }.loss < 0)
    let before = trainer.parameters.floats.map(\.bitPattern)
    #expect(throws: StepError.notFinite(step: 2, what: "loss")) {
      try trainer.step { _, gradients in
        _ = try gradient(batch, gradients)
        return StepLoss(loss: .nan, scored: 1, rows: 1)
      }
    }
    #expect(throws: StepError.notFinite(step: 2, what: "gradient")) {
      try trainer.step { _, gradients in
        gradients.ofModel.base[0] = .infinity
        return StepLoss(loss: 1, scored: 1, rows: 1)
      }
    }
    #expect(before == trainer.parameters.floats.map(\.bitPattern) && trainer.step == 1)
  }

  @Test("wait elsewhere while the model is another one, and come back", arguments: [false, true])
  func otherModel(adapter: Bool) throws {
    struct Failure: Error {}
    let trainer = try trainer(adapter)
    _ = try trainer.step { try gradient(TinyModel.batch(1), $1) }
    let weights = trainer.model.weights.floats.map(\.bitPattern)
    let parameters = trainer.parameters.floats.map(\.bitPattern)
    let sum = try trainer.withModel { model in
      model.weights.clear()
    } _: {
      #expect(trainer.model.adapter == nil)
      return trainer.model.weights.floats.reduce(0) { $0 + abs($1) }
    }
    // An adapter's model is the start model without it: nothing changes it.
    #expect((sum == 0) == !adapter)
    #expect(throws: Failure.self) {
      try trainer.withModel { _ in
      } _: {
        throw Failure()
      }
    }
    #expect(weights == trainer.model.weights.floats.map(\.bitPattern))
    #expect(parameters == trainer.parameters.floats.map(\.bitPattern))
    #expect((trainer.model.adapter != nil) == adapter)
    #expect(try trainer.step { try gradient(TinyModel.batch(2), $1) }.step == 2)
  }
}
