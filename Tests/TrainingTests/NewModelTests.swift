import Foundation
import Language
import Settings
import Tensors
import TestSupport
import Testing
import Training

@Suite("Models that a plan makes") struct NewModelTests {
  private func model(_ text: String) throws -> TrainingPlan.NewModel {
    let plan = try TrainingPlan(
      path: "p.yaml",
      bytes: Array(
        """
        plan: p
        version: 1
        model: {\(text)}
        tokenizer: {train: 300}
        data: {files: a.jsonl}
        sequence: 8
        batch: 1
        steps: 1
        """.utf8))
    guard case .new(let model) = plan.model else { throw CancellationError() }
    return model
  }

  /// Counts that are published, or follow from the paper's table of shapes.
  @Test(
    "the numbers of parameters are those of the families",
    arguments: [
      // GPT-2 small: 124,439,808 as transformers counts it.
      ("architecture: gpt2, width: 768, layers: 12, heads: 12, context: 1024", 50_257, 124_439_808),
      // Pythia 70M: 70,426,624.
      (
        "architecture: gpt_neox, width: 512, layers: 6, heads: 8, context: 2048", 50_304, 70_426_624
      ),
      // 2·V·D without tying, L·(4·D² + 3·D·F + 2·D) + D.
      (
        "architecture: llama, width: 128, layers: 4, heads: 4, context: 256", 2048,
        2 * 2048 * 128 + 4 * (4 * 128 * 128 + 3 * 128 * 352 + 256) + 128
      ),
      // Tied, half the key heads, biases on queries, keys and values.
      (
        "architecture: qwen2, width: 64, layers: 2, heads: 4, keyHeads: 2, inner: 96, context: 32, "
          + "tied: true", 300,
        300 * 64 + 2 * (2 * 64 * 64 + 2 * 64 * 32 + 64 + 2 * 32 + 3 * 64 * 96 + 128) + 64
      ),
      // No biases, norms of 16 on each head's queries and keys.
      (
        "architecture: qwen3, width: 64, layers: 2, heads: 4, keyHeads: 2, inner: 96, context: 32",
        300, 2 * 300 * 64 + 2 * (2 * 64 * 64 + 2 * 64 * 32 + 2 * 16 + 3 * 64 * 96 + 128) + 64
      ),
    ])
  func parameters(text: String, vocabulary: Int, count: Int) throws {
    let shape = try model(text).shape(vocabulary: vocabulary)
    #expect(ParameterLayout(shape).elements == count)
  }

  @Test("a new model is one that could have been loaded", arguments: DecoderFamily.allCases)
  func loadable(family: DecoderFamily) throws {
    try withScratchFolder { folder in
      let model = try TinyModel.make(family)
      let path = folder.appendingPathComponent("model").path
      try model.save(to: path, as: CheckpointForm(endTokens: [1]))
      let read = try LanguageModel.load(folder: path)
      #expect(read.shape == model.shape)
      #expect(read.weights.floats.elementsEqual(model.weights.floats))
      let other = try TinyModel.make(family, seed: 2)
      try other.readWeights(folder: path)
      #expect(other.weights.floats.elementsEqual(model.weights.floats))
    }
  }

  @Test(
    "heads whose positions cannot be turned are refused at their line",
    arguments: [
      "architecture: gpt_neox, width: 64, layers: 1, heads: 16, context: 8",
      "architecture: llama, width: 12, layers: 1, heads: 4, context: 8",
    ])
  func heads(text: String) {
    let error = #expect(throws: SettingsError.self) { try model(text) }
    #expect(error?.keyPath == "model.heads" && error?.line == 3)
  }
}
