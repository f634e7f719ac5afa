import Foundation
import Language
import Streams
import TestSupport
import Tensors

@testable import Evaluation

/// A model of random weights and a tokenizer of the 256 bytes, for tests of what is done with them.
enum TinyModel {
  static let vocabulary = 256

  static func configuration(context: Int) -> String {
    """
    {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 16,
     "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
     "num_key_value_heads": 1, "vocab_size": \(vocabulary), "max_position_embeddings": \(context),
     "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "tie_word_embeddings": false,
     "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": 2}
    """
  }

  static func model(context: Int = 48, seed: UInt64 = 1) throws -> LanguageModel {
    let shape = try ModelConfiguration(
      Array(configuration(context: context).utf8), path: "config.json"
    ).shape
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

  static func tokenizer() throws -> Tokenizer {
    try Tokenizer(json: BPETrainer().train(vocabularySize: 256), path: "bytes")
  }

  static func subject(
    context: Int = 48, seed: UInt64 = 1, threads: Int = 1, startToken: Int32? = nil
  ) throws -> EvaluationSubject {
    EvaluationSubject(
      try model(context: context, seed: seed), tokenizer: try tokenizer(), startToken: startToken,
      on: Workers(count: threads))
  }

  /// The log-likelihood of the last token of `tokens`, in nats: read one token at a time, the
  /// sum in Double.
  static func logLikelihood(of tokens: [Int32], _ subject: EvaluationSubject) throws -> Double {
    let decoder = try CachedDecoder(
      subject.model, sequences: 1, capacity: tokens.count - 1, on: Workers(count: 1))
    var logits: [Double] = []
    for token in tokens.dropLast() {
      let view = try decoder.read([token], into: 0)
      logits = (0..<view.columns).map { Double(view[0, $0]) }
    }
    let largest = logits.max() ?? 0
    let sum = logits.reduce(0) { $0 + exp($1 - largest) }
    return logits[Int(tokens[tokens.count - 1])] - largest - log(sum)
  }
}

/// A folder with files, and a suite that names them.
func withSuite<Value>(
  _ suite: String, _ files: [String: String] = [:], _ body: (String) throws -> Value
) throws -> Value {
  try withScratchFolder { folder in
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    let path = folder.appendingPathComponent("suite.yaml")
    try Data(suite.utf8).write(to: path)
    return try body(path.path)
  }
}
