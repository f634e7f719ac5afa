import Language
import Tensors
import TestSupport
import Unlearning

/// A model, a reference and a batch, so small that plain Double arithmetic holds all of it.
///
/// As many tokens as the model is wide: the gradient of the hidden states tells that of the logits.
struct SmallWorld {
  static let config = """
    {"model_type": "llama", "vocab_size": 8, "hidden_size": 8, "intermediate_size": 12,
    "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
    "max_position_embeddings": 32, "eos_token_id": 2, "rms_norm_eps": 1e-5, "hidden_act": "silu",
    "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
    """

  let model: LanguageModel
  let reference: LanguageModel
  var tokens: [Int32]
  var labels: [Int32]
  var length = 7

  init() throws {
    model = try SmallWorld.model(seed: 1)
    reference = try SmallWorld.model(seed: 2)
    var generator = SeededGenerator(seed: 5)
    tokens = (0..<28).map { _ in Int32.random(in: 0..<8, using: &generator) }
    labels = tokens
    // A first token with a label, prompts, a gap, and masked ends; lengths differ.
    for masked in [5, 6, 7, 8, 13, 14, 17, 19, 21, 22, 23, 24] { labels[masked] = -100 }
  }

  static func model(seed: UInt64) throws -> LanguageModel {
    let shape = try ModelConfiguration(Array(config.utf8), path: "config.json").shape
    let model = try LanguageModel(shape)
    var generator = SeededGenerator(seed: seed)
    for parameter in model.layout.parameters {
      let centre: Float = parameter.name.contains("norm") ? 1 : 0
      for index in parameter.place.range {
        model.weights.base[index] = centre + Float.random(in: -0.6...0.6, using: &generator)
      }
    }
    return model
  }

  /// The rows that predict a scored token.
  var scoredRows: [Int] {
    labels.indices.filter { ($0 + 1) % length != 0 && labels[$0 + 1] != -100 }
  }

  /// The batch, with what an objective needs of the reference.
  func batch(_ objective: any Objective, workers: Int = 1) throws -> ObjectiveBatch {
    let values = try ReferenceValues(
      asking: TrainingPass(reference, on: Workers(count: workers)), tokens: tokens, labels: labels,
      length: length, type(of: objective).needs, layers: objective.layers)
    return try ObjectiveBatch(labels: labels, length: length, reference: values)
  }

  /// What an objective gives.
  struct Outcome {
    let loss: Double
    let pass: TrainingPass
    let gradients: FloatBlock
  }

  /// The loss, with gradients at the pass and in the output matrix.
  func measure(
    _ objective: any Objective, _ batch: ObjectiveBatch? = nil, weight: Double = 1,
    workers count: Int = 1, tap: ((_ layer: Int, _ hidden: MatrixView) -> Void)? = nil
  ) throws -> Outcome {
    let workers = Workers(count: count)
    let pass = TrainingPass(model, on: workers)
    let gradients = try FloatBlock(count: model.layout.count)
    try pass.forward(tokens, length: length, tap: tap)
    let batch = try batch ?? self.batch(objective, workers: count)
    let loss = try objective.lossAndGradient(
      of: batch,
      at: ObjectiveSite(pass, gradients: gradients, weight: weight, on: workers))
    return Outcome(loss: loss, pass: pass, gradients: gradients)
  }

  /// The world with `count` more tokens behind each sequence, which are not scored.
  func padded(_ count: Int, seed: UInt64) -> SmallWorld {
    var world = self
    (world.tokens, world.labels, world.length) = ([], [], length + count)
    var generator = SeededGenerator(seed: seed)
    for first in stride(from: 0, to: tokens.count, by: length) {
      world.tokens += tokens[first..<(first + length)]
      world.labels += labels[first..<(first + length)]
      for _ in 0..<count {
        world.tokens.append(Int32.random(in: 0..<8, using: &generator))
        world.labels.append(-100)
      }
    }
    return world
  }

  /// The world of some of its sequences.
  func sequences(_ kept: [Int]) -> SmallWorld {
    var world = self
    world.tokens = kept.flatMap { tokens[($0 * length)..<(($0 + 1) * length)] }
    world.labels = kept.flatMap { labels[($0 * length)..<(($0 + 1) * length)] }
    return world
  }
}
