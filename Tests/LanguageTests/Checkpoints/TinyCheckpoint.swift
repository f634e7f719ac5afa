import Foundation
import TestSupport

@testable import Language
@testable import Tensors

/// Small checkpoints that the tests make themselves, so that they run without ../shared.
enum TinyCheckpoint: String, CaseIterable {
  case llama, llamaTied, qwen2, qwen3, gpt2, neox, neoxSequential

  /// Settings in the older and the newer form.
  var config: String {
    let decoder = """
      "vocab_size": 37, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2,
      "num_attention_heads": 4, "max_position_embeddings": 32, "eos_token_id": 2,
      """
    let llama = decoder + #""num_key_value_heads": 2, "rms_norm_eps": 1e-5, "hidden_act": "silu","#
    let newRope = #""rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}"#
    switch self {
    case .llama: return "{\"model_type\": \"llama\", \(llama) \(newRope)}"
    case .llamaTied:
      return """
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], \(llama)
        "tie_word_embeddings": true, "attention_bias": true, "mlp_bias": true,
        "rope_theta": 5e5, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
        "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8}}
        """
    case .qwen2:
      return "{\"model_type\": \"qwen2\", \(llama) \"tie_word_embeddings\": true, \(newRope)}"
    case .qwen3: return "{\"model_type\": \"qwen3\", \(llama) \"head_dim\": 8, \(newRope)}"
    case .gpt2:
      return """
        {"model_type": "gpt2", "vocab_size": 37, "n_embd": 24, "n_layer": 2, "n_head": 3,
        "n_positions": 32, "activation_function": "gelu_new"}
        """
    case .neox:
      return """
        {"model_type": "gpt_neox", \(decoder) "hidden_act": "gelu", "rotary_pct": 0.67,
        "rotary_emb_base": 10000}
        """
    case .neoxSequential:
      return """
        {"model_type": "gpt_neox", \(decoder) "hidden_act": "gelu_new",
        "use_parallel_residual": false, "rope_parameters": {"rope_type": "default",
        "rope_theta": 10000.0, "partial_rotary_factor": 1.0}}
        """
    }
  }

  /// The model, with weights of a seed: away from the special points of zero and one.
  func model(seed: UInt64 = 1) throws -> LanguageModel {
    let shape = try ModelConfiguration(Array(config.utf8), path: "config.json").shape
    let model = try LanguageModel(shape)
    var generator = SeededGenerator(seed: seed)
    for parameter in model.layout.parameters {
      let isNorm = parameter.name.contains("norm") || parameter.name.contains("ln_")
      let centre: Float = isNorm && parameter.name.hasSuffix("weight") ? 1 : 0
      for index in parameter.place.range {
        model.weights.base[index] = centre + Float.random(in: -0.25...0.25, using: &generator)
      }
    }
    return model
  }

  /// Writes a folder of one file.
  func write(to folder: URL, as type: StoredType = .F32, seed: UInt64 = 1) throws {
    let model = try model(seed: seed)
    try write(model, model.layout.parameters.map(\.name), "model.safetensors", folder, type)
  }

  /// Writes a folder of shards and their index.
  func writeShards(to folder: URL, count: Int) throws {
    let model = try model()
    let names = model.layout.parameters.map(\.name)
    var map: [String] = []
    for shard in 0..<count {
      let own = names.enumerated().filter { $0.offset % count == shard }.map(\.element)
      let file = "model-0000\(shard + 1)-of-0000\(count).safetensors"
      try write(model, own, file, folder, .F32)
      map += own.map { "\"\($0)\": \"\(file)\"" }
    }
    try Data("{\"metadata\": {}, \"weight_map\": {\(map.joined(separator: ", "))}}".utf8)
      .write(to: folder.appendingPathComponent("model.safetensors.index.json"))
  }

  private func write(
    _ model: LanguageModel, _ names: [String], _ file: String, _ folder: URL, _ type: StoredType
  ) throws {
    try Data(config.utf8).write(to: folder.appendingPathComponent("config.json"))
    let tensors = model.layout.parameters.filter { names.contains($0.name) }.map {
      ($0.name, $0.shape, UnsafePointer(model.weights.base + $0.place.offset))
    }
    try SafetensorsWriter.write(tensors, as: type, to: folder.appendingPathComponent(file).path)
  }

  /// Tokens of a seed below the vocabulary.
  static func tokens(_ count: Int, seed: UInt64 = 3) -> [Int32] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int32.random(in: 0..<37, using: &generator) }
  }
}

extension LanguageModel {
  /// The weights as bits.
  var bits: [UInt32] { weights.floats.map(\.bitPattern) }
}
