import Foundation
import Language
import Tensors
import Testing

@testable import Training

@Suite("The step of training") struct TrainerTests {
  @Test("the same bits for 1 to 4 workers", arguments: DecoderFamily.allCases)
  func workers(family: DecoderFamily) throws {
    let one = try TinyModel.train(TinyModel.make(family), TinyModel.settings(slices: 3))
    for workers in 2...4 {
      let more = try TinyModel.train(
        TinyModel.make(family), TinyModel.settings(slices: 3), workers: workers)
      #expect(more == one)
    }
  }

  @Test("computing activations again changes no bit", arguments: DecoderFamily.allCases)
  func recomputation(family: DecoderFamily) throws {
    let kept = try TinyModel.train(TinyModel.make(family), TinyModel.settings())
    let again = try TinyModel.train(TinyModel.make(family), TinyModel.settings(recompute: true))
    #expect(again == kept)
  }

  @Test("slices give the gradient of the whole batch") func slices() throws {
    func norms(_ slices: Int) throws -> [Double] {
      let trainer = try Trainer(
        try TinyModel.make(), settings: TinyModel.settings(slices: slices), on: Workers(count: 2))
      return try (0..<4).flatMap { step -> [Double] in
        let report = try trainer.step(TinyModel.batch(UInt64(step)))
        return [report.loss, report.gradientNorm]
      }
    }
    let whole = try norms(1)
    for slices in [2, 3, 4] {
      for (ours, truth) in zip(try norms(slices), whole) {
        #expect(abs(ours - truth) < 2e-5 * truth)
      }
    }
    #expect(try norms(9) == norms(4), "four sequences are four slices at most")
  }

  @Test("a batch is learned by heart") func learns() throws {
    let trainer = try Trainer(
      try TinyModel.make(),
      settings: Trainer.Settings(optimiser: OptimiserSettings(rate: 1e-2, decay: 0), steps: 300),
      on: Workers(count: 1))
    let first = try trainer.step(TinyModel.batch(3)).loss
    #expect(abs(first - log(40)) < 0.1)
    for _ in 0..<250 { _ = try trainer.step(TinyModel.batch(3)) }
    let last = try trainer.loss(over: [TinyModel.batch(3)])
    #expect(last < 0.4, "\(last)")
  }

  @Test("a document does not see its neighbour") func documents() throws {
    let pass = TrainingPass(try TinyModel.make(), on: Workers(count: 1))
    let batch = TinyModel.batch(5)
    func losses(_ tokens: [Int32]) throws -> [Double] {
      try pass.forward(tokens, length: 12, segments: batch.segments)
      return pass.loss(targets: batch.targets).tokens
    }
    var other = batch.tokens
    for row in 0..<5 { other[row] = (other[row] + 1) % 40 }
    let (before, after) = (try losses(batch.tokens), try losses(other))
    #expect(before[5..<12] == after[5..<12])
    #expect(before[0..<4] != after[0..<4])
  }

  @Test("frozen parameters keep their bits, their gradients and moments stay zero") func frozen()
    throws
  {
    let model = try TinyModel.make(.gpt2)
    let selection = ParameterSelection(model.layout) { $0.layer == 2 }
    let before = model.weights.floats.map(\.bitPattern)
    let trainer = try Trainer(
      model, selection: selection, settings: TinyModel.settings(), on: Workers(count: 2))
    for step in 0..<3 { _ = try trainer.step(TinyModel.batch(UInt64(step))) }
    for parameter in model.layout.parameters {
      let range = parameter.place.range
      let changed = range.contains { model.weights.base[$0].bitPattern != before[$0] }
      #expect(changed == (parameter.layer == 2), "\(parameter.name)")
      if parameter.layer != 2 {
        #expect(range.allSatisfy { trainer.firstMoments.base[$0] == 0 })
      }
    }
  }

  @Test("what is no number changes nothing") func notFinite() throws {
    let model = try TinyModel.make()
    model.weights.base[3] = .nan
    let trainer = try Trainer(model, settings: TinyModel.settings(), on: Workers(count: 1))
    let before = model.weights.floats.map(\.bitPattern)
    #expect(throws: StepError.notFinite(step: 1, what: "loss")) {
      _ = try trainer.step(batchWithEveryToken())
    }
    #expect(model.weights.floats.map(\.bitPattern) == before)
    #expect(trainer.step == 0)
  }

  private func batchWithEveryToken() -> TrainingBatch {
    let tokens = (0..<24).map { Int32($0) }
    return TrainingBatch(
      length: 24, tokens: tokens, targets: tokens, segments: Segments(rows: 24, length: 24))
  }

  @Test("a loss far above guessing stops the step") func exploded() throws {
    let model = try TinyModel.make()
    for index in model.layout.parameters[0].place.range { model.weights.base[index] *= 4_000 }
    let trainer = try Trainer(model, settings: TinyModel.settings(), on: Workers(count: 1))
    let error = #expect(throws: StepError.self) { _ = try trainer.step(TinyModel.batch(1)) }
    guard case .exploded(1, _, let limit)? = error else { return #expect(Bool(false), "\(error)") }
    #expect(abs(limit - 2 * log(40)) < 1e-12)
  }

  @Test("a batch without a scored token is refused") func nothingScored() throws {
    let trainer = try Trainer(
      try TinyModel.make(), settings: TinyModel.settings(), on: Workers(count: 1))
    let batch = TrainingBatch(
      length: 4, tokens: [1, 2, 3, 4], targets: Array(repeating: CrossEntropy.ignored, count: 4),
      segments: Segments(rows: 4, length: 4))
    #expect(throws: StepError.nothingScored(step: 1)) { _ = try trainer.step(batch) }
  }
}
