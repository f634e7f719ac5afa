import Foundation
import Language
import TestSupport
import Tensors

/// A Hugging Face folder with random weights and a tokenizer of the 256 bytes.
enum TinyCheckpoint {
  ///
  /// - Parameter turns: the special tokens of a chat, which come before the bytes.
  static func write(
    to folder: URL, context: Int = 128, vocabulary: Int = 256, turns: [String] = []
  ) throws {
    let configuration = """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16,
       "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
       "num_key_value_heads": 1, "vocab_size": \(vocabulary), "max_position_embeddings": \(context),
       "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "tie_word_embeddings": false,
       "hidden_act": "silu", "bos_token_id": 188, "eos_token_id": 189}
      """
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
    try Data(configuration.utf8).write(to: file("config.json"))
    let tokenizer = try BPETrainer().train(
      vocabularySize: 256 + turns.count, specialTokens: turns)
    try Data(tokenizer).write(to: file("tokenizer.json"))
    let shape = try ModelConfiguration(Array(configuration.utf8), path: "config.json").shape
    let model = try LanguageModel(shape)
    var generator = SeededGenerator(seed: 5)
    for parameter in model.layout.parameters {
      for index in parameter.place.range {
        let random = Float.random(in: -1...1, using: &generator)
        model.weights.base[index] = parameter.shape.count == 1 ? 1 + 0.1 * random : 0.4 * random
      }
    }
    try SafetensorsWriter.write(
      model.layout.parameters.map { parameter in
        (
          parameter.name, parameter.shape,
          UnsafePointer(model.weights.base + parameter.place.offset)
        )
      }, to: file("model.safetensors").path)
  }

  /// The special tokens of ChatML.
  static let chatML = ["<|im_start|>", "<|im_end|>"]

  /// Calls `body` with a folder that holds the checkpoint as `model`, and its path.
  static func with<Value>(
    context: Int = 128, vocabulary: Int = 256, turns: [String] = [],
    _ body: (URL, String) throws -> Value
  ) throws -> Value {
    try withScratchFolder { folder in
      let model = folder.appendingPathComponent("model")
      try write(
        to: model, context: context, vocabulary: vocabulary + turns.count, turns: turns)
      return try body(folder, model.path)
    }
  }

  /// Makes the output matrix so large that logits overflow, though every weight is a number.
  static func damage(_ model: String) throws {
    let file = URL(fileURLWithPath: model + "/model.safetensors")
    var bytes = Array(try Data(contentsOf: file))
    let start = try ModelCommandTests.offset(of: "lm_head.weight", in: bytes)
    for index in 0..<(256 * 16) {
      withUnsafeBytes(of: Float(3e38).bitPattern.littleEndian) {
        bytes.replaceSubrange((start + 4 * index)..<(start + 4 * index + 4), with: $0)
      }
    }
    try Data(bytes).write(to: file)
  }
}
