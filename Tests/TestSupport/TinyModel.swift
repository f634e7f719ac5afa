public import Language
import Tensors

/// A model of random weights and a tokenizer of the 256 bytes, for tests of what is done with them.
public enum TinyModel {
  /// Tokens that the model has.
  public static let vocabulary = 256

  /// The settings of a Llama of two blocks.
  public static func configuration(context: Int) -> String {
    """
    {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16,
     "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
     "num_key_value_heads": 1, "vocab_size": \(vocabulary), "max_position_embeddings": \(context),
     "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "tie_word_embeddings": false,
     "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2}
    """
  }

  /// The Llama with weights of a seed.
  public static func model(context: Int = 48, seed: UInt64 = 1) throws -> LanguageModel {
    try model(of: configuration(context: context), seed: seed)
  }

  /// A model of any settings with weights of a seed.
  public static func model(of configuration: String, seed: UInt64 = 1) throws -> LanguageModel {
    let shape = try ModelConfiguration(Array(configuration.utf8), path: "config.json").shape
    let model = try LanguageModel(shape)
    var generator = SeededGenerator(seed: seed)
    for parameter in model.layout.parameters {
      for index in parameter.place.range {
        let random = Float.random(in: -1...1, using: &generator)
        model.weights.base[index] = parameter.shape.count == 1 ? 1 + 0.1 * random : 0.4 * random
      }
    }
    return model
  }

  /// Each byte is a token.
  public static func tokenizer() throws -> Tokenizer {
    try Tokenizer(json: BPETrainer().train(vocabularySize: 256), path: "bytes")
  }
}
