import Foundation
import TestSupport
import Testing

@testable import Language
@testable import Tensors

/// The seven checkpoints whose answers `transformers` computed in float64.
@Suite("Golden models", .enabled(if: Repository.shared != nil, "needs ../shared"))
struct GoldenModelTests {
  static let names = [
    "llama", "llama-tied-rope3", "qwen2", "qwen3", "gpt2", "gpt-neox", "gpt-neox-sequential",
  ]

  private static func folder(_ name: String) -> String {
    Repository.shared("golden/models/\(name)").path
  }

  private static func verify(_ model: LanguageModel, _ name: String) throws -> ModelVerification {
    try ModelVerification(
      model, against: folder(name) + "/expected.safetensors", on: Workers(count: 2))
  }

  @Test("verify", arguments: names) func verify(name: String) throws {
    let model = try LanguageModel.load(folder: GoldenModelTests.folder(name))
    let verification = try GoldenModelTests.verify(model, name)
    for finding in verification.findings where !finding.isMet {
      Issue.record("\(finding.name): \(finding.error) of \(finding.tolerance)")
    }
    // Hidden states, logits, two losses, gradients, steps, tokens: nothing is left out.
    #expect(
      verification.findings.count == model.shape.layers + 3 + model.layout.parameters.count + 2)
    #expect(verification.isMet)
  }

  /// What a mutant has wrong.
  static let mutants: [(String, @Sendable (inout DecoderShape) -> Void)] = [
    ("llama", { $0.norm = .rms(epsilon: 1e-3) }),
    ("llama", { $0.positions = .rotary(width: 12, base: 10_100, scaling: .none) }),
    (
      "llama-tied-rope3",
      { $0.positions = .rotary(width: 12, base: 500_000, scaling: .none) }
    ),
    ("qwen3", { $0.norm = .rms(epsilon: 1e-3) }),
    ("gpt2", { $0.feedForward = .gelu(.erf) }),
    ("gpt2", { $0.projection = .jointHeads }),
    ("gpt-neox", { $0.parallel = false }),
    ("gpt-neox", { $0.projection = .jointThirds }),
    ("gpt-neox", { $0.positions = .rotary(width: 12, base: 10_000, scaling: .none) }),
    ("gpt-neox-sequential", { $0.parallel = true }),
    ("gpt-neox-sequential", { $0.feedForward = .gelu(.tanh) }),
  ]

  @Test("a mutant does not verify", arguments: 0..<mutants.count) func mutant(number: Int) throws {
    let (name, change) = GoldenModelTests.mutants[number]
    let model = try LanguageModel.load(folder: GoldenModelTests.folder(name))
    var shape = model.shape
    change(&shape)
    let wrong = LanguageModel(shape, model.layout, model.weights, source: nil)
    let findings = try GoldenModelTests.verify(wrong, name).findings
    #expect(findings.contains { $0.name == "logits" && !$0.isMet })
    #expect(findings.contains { $0.name == "loss" && !$0.isMet })
  }

  @Test("the checkpoints are written back byte for byte", arguments: names)
  func writtenBack(name: String) throws {
    let from = GoldenModelTests.folder(name)
    try withScratchFolder { folder in
      try LanguageModel.load(folder: from).save(folder: folder.path)
      let names = try FileManager.default.contentsOfDirectory(atPath: from).sorted()
      for file in names where file != "expected.safetensors" {
        let source = URL(fileURLWithPath: from).appendingPathComponent(file)
        #expect(
          try Data(contentsOf: folder.appendingPathComponent(file)) == Data(contentsOf: source),
          "\(file)")
      }
    }
  }
}
