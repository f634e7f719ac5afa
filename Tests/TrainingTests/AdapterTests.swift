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

  /// With dW of the merged model, which the whole model's tests prove: dA = s Bᵀ dW, dB = s dW Aᵀ.
  @Test("gradients are those of the merged weights", arguments: DecoderFamily.allCases)
  func gradients(family: DecoderFamily) throws {
    let model = try adapted(family)
    let adapter = try #require(model.adapter)
    fill(adapter)
    let gradients = try FloatBlock(count: adapter.weights.count)
    let untouched = try FloatBlock(count: model.layout.count)
    try backward(model, ParameterSelection(model.layout) { _ in false }, untouched, gradients)
    #expect(untouched.floats.allSatisfy { $0 == 0 })
    model.mergeAdapter(on: Workers(count: 1))
    let dense = try FloatBlock(count: model.layout.count)
    try backward(model, .all, dense, nil)
    for layer in adapter.layers {
      let (a, b) = (adapter.weights.matrix(layer.down), adapter.weights.matrix(layer.up))
      let change = dense.matrix(model.layout.parameters[layer.weight].place)
      func dW(_ output: Int, _ input: Int) -> Double {
        Double(family == .gpt2 ? change[input, output] : change[output, input])
      }
      let scale = Double(adapter.scale)
      let (inputs, outputs) = (a.columns, b.rows)
      let dA = (0..<3).flatMap { r in
        (0..<inputs).map { i in
          scale * (0..<outputs).reduce(0) { $0 + Double(b[$1, r]) * dW($1, i) }
        }
      }
      let dB = (0..<outputs).flatMap { o in
        (0..<3).map { r in
          scale * (0..<inputs).reduce(0) { $0 + Double(a[r, $1]) * dW(o, $1) }
        }
      }
      for (truth, range) in [(dA, layer.down.range), (dB, layer.up.range)] {
        let size = truth.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let error = zip(truth, range).reduce(0) {
          let difference = $1.0 - Double(gradients.base[$1.1])
          return $0 + difference * difference
        }.squareRoot()
        #expect(error < 2e-4 * size, "\(layer.module)")
      }
    }
  }

  private func backward(
    _ model: LanguageModel, _ selection: ParameterSelection, _ gradients: FloatBlock,
    _ adapter: FloatBlock?
  ) throws {
    let pass = TrainingPass(model, on: Workers(count: 1))
    let batch = TinyModel.batch(1)
    try pass.forward(batch.tokens, length: 12, segments: batch.segments)
    _ = pass.lossAndGradient(
      targets: batch.targets, factor: 1 / Float(batch.scored), into: gradients,
      selection: selection)
    pass.backward(into: gradients, selection: selection, adapter: adapter)
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
