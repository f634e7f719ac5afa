import Evaluation
import Foundation
import Language
import Tensors
import TestSupport
import Testing

@testable import Attacks

/// A family of models, its head tied to the embedding or not.
enum Family: String, CaseIterable {
  case gpt2, gptNeoX = "gpt_neox", llama, qwen2, qwen3

  func configuration(tied: Bool) -> String {
    guard self != .gpt2 else {
      return """
        {"model_type": "gpt2", "vocab_size": 256, "n_embd": 16, "n_layer": 3, "n_head": 2,
        "n_positions": 64, "tie_word_embeddings": \(tied)}
        """
    }
    let act = self == .gptNeoX ? "gelu" : "silu"
    return """
      {"model_type": "\(rawValue)", "vocab_size": 256, "hidden_size": 16, "intermediate_size": 24,
      "num_hidden_layers": 3, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8,
      "max_position_embeddings": 64, "rms_norm_eps": 1e-05, "hidden_act": "\(act)",
      "tie_word_embeddings": \(tied)}
      """
  }
}

@Suite("Logit lens") struct LogitLensTests {
  /// The log-likelihoods of the choices of some texts behind each block, in Double: the streams
  /// that a pass keeps for going back, a norm and an output matrix by hand.
  private static func plain(
    _ contexts: [[Int32]], _ choices: [[Int32]], _ model: LanguageModel
  ) throws -> [[Double]] {
    var scores = Array(repeating: [Double](), count: model.shape.layers)
    let pass = TrainingPass(model, on: Workers(count: 1))
    func values(_ names: [String]) -> [Double] {
      let found = model.layout.parameters.first { parameter in
        names.contains { parameter.name.hasSuffix($0) }
      }
      return found.map { model.weights.floats[$0.place.range].map(Double.init) } ?? []
    }
    let weight = values(["model.norm.weight", "ln_f.weight", "final_layer_norm.weight"])
    let bias = values(["ln_f.bias", "final_layer_norm.bias"])
    #expect(!weight.isEmpty)
    let head = model.head.weight
    for (context, choice) in zip(contexts, choices) {
      let tokens = context + choice
      try pass.forward(tokens, length: tokens.count, for: .gradients)
      for layer in 0..<model.shape.layers {
        let hidden = pass.hidden(after: layer)
        var sum = 0.0
        for (place, token) in choice.enumerated() {
          let row = (0..<16).map { Double(hidden[context.count + place - 1, $0]) }
          let mean = bias.isEmpty ? 0 : row.reduce(0, +) / 16
          let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 16
          let normed = row.indices.map { index in
            (row[index] - mean) / (variance + 1e-5).squareRoot() * weight[index]
              + (bias.isEmpty ? 0 : bias[index])
          }
          let logits = (0..<256).map { token in
            normed.indices.reduce(0) { $0 + normed[$1] * Double(head[token, $1]) }
          }
          let largest = logits.max() ?? 0
          sum += logits[Int(token)] - largest
          sum -= log(logits.reduce(0) { $0 + exp($1 - largest) })
        }
        scores[layer].append(sum)
      }
    }
    return scores
  }

  @Test(
    "is the last norm and the output matrix behind each block",
    arguments: Family.allCases, [true, false])
  func reference(family: Family, tied: Bool) throws {
    try withFiles(TinyTarget.files(8)) { folder in
      let model = try TinyModel.model(of: family.configuration(tied: tied), seed: 7)
      #expect(model.shape.tied == tied)
      let target = try TinyTarget(folder, attack: "logit-lens: {name: a}", model: model, threads: 2)
      let (subject, tokenizer) = (target.subject, target.subject.tokenizer)
      let set = try #require(subject.meter.items(.heldOut)).items
      let found = try ChoiceItems.scoreByBlock([set], subject.evaluated)
      #expect(found.count == 3)
      let lines = try #require(TinyTarget.files(8)["held-out.jsonl"]).split(separator: "\n")
      struct Line: Decodable { let question: String, choices: [String] }
      for (row, line) in lines.enumerated() {
        let item = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        let context = tokenizer.encode("\(item.question) A:", addingSpecial: false)
        let choices = item.choices.map { tokenizer.encode(" \($0)", addingSpecial: false) }
        let plain = try Self.plain(choices.map { _ in context }, choices, model)
        for (layer, plain) in plain.enumerated() {
          for (own, other) in zip(found[layer][0][row].logLikelihoods, plain) {
            #expect(abs(own - other) <= 2e-5 * abs(other), "block \(layer): \(own), \(other)")
          }
        }
      }
      // Behind the last block it is the model's own answer, and not before.
      let own = try ChoiceItems.score([set], subject.evaluated)[0]
      for (own, found) in zip(own, found[2][0]) {
        for (own, found) in zip(own.logLikelihoods, found.logLikelihoods) {
          #expect(abs(own - found) <= 1e-5 * abs(own))
        }
      }
      #expect(
        zip(own, found[1][0]).contains { abs($0.logLikelihoods[0] - $1.logLikelihoods[0]) > 0.1 })
    }
  }

  @Test("a point for each block and a score for each set, under any number of workers")
  func points()
    throws
  {
    try withFiles(TinyTarget.files(30)) { folder in
      let curves = try [1, 2, 3].map {
        try TinyTarget(folder, attack: "logit-lens: {name: a}", threads: $0).run()
      }
      #expect(curves[0].axis == .layer)
      #expect(curves[0].points.map(\.at) == [0, 1])
      #expect(curves[0].points.allSatisfy { $0.scores.map(\.set) == MeasuredSet.allCases })
      #expect(curves[0].points[0] != curves[0].points[1])
      #expect(curves[1] == curves[0] && curves[2] == curves[0])
      let target = try TinyTarget(folder, attack: "logit-lens: {name: a}")
      #expect(curves[0].points[1].scores == (try target.subject.scores()))
      // Layers are readings of one model: what a lower one says of general facts destroys nothing.
      let result = TrialResult(
        attack: "a", kind: "logit-lens", subject: 0, trial: "once", group: "once", teaches: [],
        curve: curves[0])
      #expect(result.sound(above: 1).count == 2)
      #expect(result.destroyed(below: 1) == nil)
    }
  }

  @Test("what is read of a model that computes no numbers is an error") func notFinite() throws {
    try withFiles(TinyTarget.files(5)) { folder in
      let model = try TinyModel.model(context: 160)
      for kind in ["logit-lens", "linear-probe"] {
        let target = try TinyTarget(folder, attack: "\(kind): {name: a}", model: model)
        let place = try #require(model.layout.parameters.first { $0.name.contains("down_proj") })
        model.weights.base[place.place.offset] = .nan
        #expect(throws: EvaluationError.self) { try target.run() }
      }
    }
  }
}
