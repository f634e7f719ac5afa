import Foundation
import TestSupport
import Testing

@testable import Language
@testable import Tensors

@Suite("Memory demand") struct MemoryDemandTests {
  /// A Llama of some 46 million parameters: 175 MiB of weights.
  private static func middle() throws -> DecoderShape {
    var shape = try TinyCheckpoint.llamaTied.model().shape
    (shape.vocabulary, shape.width, shape.layers, shape.inner) = (8_192, 640, 8, 1_720)
    (shape.heads, shape.keyHeads, shape.headWidth, shape.context) = (10, 10, 64, 1_024)
    shape.positions = .rotary(width: 64, base: 10_000, scaling: .none)
    return shape
  }

  @Test("counts what the passes allocate") func counts() throws {
    let shape = try MemoryDemandTests.middle()
    let demand = MemoryDemand(shape, ParameterLayout(shape))
    // By hand: a block keeps 8·D, 3·F and small statistics of a row; the cache 2·D.
    let rows: Int64 = 4 * 1_024
    #expect(demand.cache == rows * 10_240)
    let columns: Int64 = 8 * 640 + 3 * 1_720
    let kept = rows * 8 * columns
    #expect(demand.activations > kept && demand.activations < kept + kept / 5)
    #expect(demand.training == 4 * demand.weights)
    #expect(demand.logits == 4 * 512 * (8_192 + 1_280))
    #expect(demand.train == demand.training + demand.activations + demand.logits + (28 << 20))
  }

  /// Pages that are there, in bytes, and the most there were since ``resetPeak()``.
  private static func status(_ key: String) throws -> Int64 {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(key + ":") })
    return try #require(Int64(line.split(whereSeparator: { !$0.isNumber })[0])) * 1_024
  }

  private static func resetPeak() throws {
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
  }

  /// Alone in its process (`CORDON_MEMORY=1 swift test --filter MemoryDemandTests`): other tests'
  /// memory would count.
  @Test(
    "is within a tenth of the measured peak of a step and of a continuation",
    .enabled(if: ProcessInfo.processInfo.environment["CORDON_MEMORY"] != nil, "measures"))
  func measured() throws {
    let shape = try MemoryDemandTests.middle()
    let demand = MemoryDemand(shape, ParameterLayout(shape))
    let workers = Workers(count: 2)
    func measure(_ name: String, _ expected: Int64, _ body: () throws -> Void) throws {
      let before = try MemoryDemandTests.status("VmRSS")
      try MemoryDemandTests.resetPeak()
      try body()
      let peak = try MemoryDemandTests.status("VmHWM") - before
      print("\(name): \(peak >> 20) MiB, expected \(expected >> 20) MiB")
      #expect(abs(Double(peak) / Double(expected) - 1) < 0.1)
    }
    try measure("run", demand.run - MemoryDemand.process) {
      let model = try LanguageModel(shape)
      let prompt = (0..<1_000).map { Int32($0) }
      _ = try Generator(model, sequences: 1, on: workers).generate([
        Generator.Request(prompt, limit: 24)
      ])
    }
    try measure("train", demand.train - MemoryDemand.process) {
      let model = try LanguageModel(shape)
      let blocks = try (0..<3).map { _ in try FloatBlock(count: model.layout.count) }
      let pass = TrainingPass(model, on: workers)
      let tokens = (0..<1_024).map { Int32($0) }
      try pass.forward(tokens, length: tokens.count)
      _ = pass.lossAndGradient(labels: tokens, into: blocks[0])
      pass.backward(into: blocks[0])
      AdamW().step(
        AdamW.Step(number: 1, rate: 1e-3, decay: 0.01, gradientScale: 1),
        parameters: model.weights, gradients: blocks[0], firstMoments: blocks[1],
        secondMoments: blocks[2], on: workers)
    }
  }
}
