import Foundation
import Language
import Streams
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Low-rank adapters") struct AdapterTests {
  private static let targets: [DecoderFamily: [String]] = [
    .llama: ["q_proj", "mlp.down_proj"], .qwen2: ["v_proj"], .qwen3: ["q_proj", "gate_proj"],
    .gpt2: ["c_attn", "mlp.c_proj"], .gptNeoX: ["query_key_value", "dense_h_to_4h"],
  ]

  private func adapted(_ family: DecoderFamily, scale: Double = 8) throws -> LanguageModel {
    let model = try TinyModel.make(family)
    let adapter = try LowRankAdapter(
      LowRankAdapter.Settings(
        rank: 3, alpha: scale, targets: AdapterTests.targets[family] ?? []), for: model)
    adapter.initialise(seed: 5)
    model.adapter = adapter
    return model
  }

  /// B as well: at its zeros the gradient of A is zero.
  private func fill(_ adapter: LowRankAdapter) {
    var stream = SplitMix64(seed: 11)
    for range in adapter.ranges {
      for index in range {
        adapter.weights.base[index] = Float(Double(stream.next32()) * 0x1p-32 - 0.5) * 0.4
      }
    }
  }

  private func loss(_ model: LanguageModel) throws -> Double {
    let pass = TrainingPass(model, on: Workers(count: 1))
    let batch = TinyModel.batch(1)
    try pass.forward(batch.tokens, length: 12, segments: batch.segments, for: .values)
    return pass.loss(targets: batch.targets).mean
  }

  @Test(
    "a new adapter changes nothing, a merged one as much as beside the weights",
    arguments: DecoderFamily.allCases)
  func merged(family: DecoderFamily) throws {
    let plain = try loss(TinyModel.make(family))
    let model = try adapted(family)
    let first = try loss(model)
    #expect(first == plain)
    let adapter = try #require(model.adapter)
    fill(adapter)
    let beside = try loss(model)
    #expect(abs(beside - plain) > 1e-3)
    model.mergeAdapter(on: Workers(count: 2))
    #expect(model.adapter == nil)
    let merged = try loss(model)
    #expect(abs(merged - beside) < 2e-6)
  }

  /// The derivative along the gradient of each matrix is that gradient's norm.
  @Test("gradients are derivatives", arguments: DecoderFamily.allCases)
  func gradients(family: DecoderFamily) throws {
    let model = try adapted(family)
    let adapter = try #require(model.adapter)
    fill(adapter)
    let pass = TrainingPass(model, on: Workers(count: 1))
    let batch = TinyModel.batch(1)
    let gradients = try FloatBlock(count: adapter.weights.count)
    let none = ParameterSelection(model.layout) { _ in false }
    let untouched = try FloatBlock(count: model.layout.count)
    try pass.forward(batch.tokens, length: 12, segments: batch.segments)
    _ = pass.lossAndGradient(
      targets: batch.targets, factor: 1 / Float(batch.scored), into: untouched, selection: none)
    pass.backward(into: untouched, selection: none, adapter: gradients)
    #expect(untouched.floats.allSatisfy { $0 == 0 })
    let whole = GradientNorm.of(gradients, on: Workers(count: 1))
    for range in adapter.ranges {
      let norm = GradientNorm.of(gradients, ranges: [range], on: Workers(count: 1))
      guard norm > 1e-2 * whole else { continue }
      let start = range.map { adapter.weights.base[$0] }
      func at(_ step: Double) throws -> Double {
        for (index, place) in range.enumerated() {
          adapter.weights.base[place] = Float(
            Double(start[index]) + step * Double(gradients.base[place]) / norm)
        }
        return try loss(model)
      }
      let h = 0.02
      let slope = try (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
      _ = try at(0)
      #expect(abs(slope - norm) < 5e-3 * norm + 2e-5 * whole)
    }
  }

  @Test("training changes the adapter alone, with the same bits for 1 to 3 workers") func trains()
    throws
  {
    func train(_ workers: Int) throws -> [UInt32] {
      let model = try adapted(.llama)
      let before = model.weights.floats.map(\.bitPattern)
      let trainer = try Trainer(
        model, settings: TinyModel.settings(slices: 2), on: Workers(count: workers))
      let first = try loss(model)
      for _ in 0..<8 { _ = try trainer.step(TinyModel.batch(1)) }
      let last = try loss(model)
      #expect(last < first)
      #expect(model.weights.floats.map(\.bitPattern) == before)
      return try #require(model.adapter).weights.floats.map(\.bitPattern)
    }
    let one = try train(1)
    for workers in 2...3 {
      let more = try train(workers)
      #expect(more == one)
    }
  }

  @Test("written and read again", arguments: [DecoderFamily.llama, .gpt2])
  func files(family: DecoderFamily) throws {
    try withScratchFolder { folder in
      let model = try adapted(family)
      let adapter = try #require(model.adapter)
      fill(adapter)
      try adapter.save(to: folder.path, base: "base", transposed: family == .gpt2)
      let read = try LowRankAdapter.load(folder: folder.path, for: model)
      #expect(read.settings.rank == 3 && read.settings.alpha == 8)
      #expect(read.layers == adapter.layers)
      #expect(
        read.weights.floats.map(\.bitPattern) == adapter.weights.floats.map(\.bitPattern))
      let other = try TinyModel.make(family == .llama ? .gptNeoX : .llama)
      #expect(throws: CheckpointError.self) {
        _ = try LowRankAdapter.load(folder: folder.path, for: other)
      }
    }
  }

  @Test("a target that no layer has is refused") func target() throws {
    let model = try TinyModel.make()
    #expect(throws: ModelInputError.target("c_attn")) {
      _ = try LowRankAdapter(
        LowRankAdapter.Settings(rank: 2, alpha: 4, targets: ["q_proj", "c_attn"]), for: model)
    }
  }
}
