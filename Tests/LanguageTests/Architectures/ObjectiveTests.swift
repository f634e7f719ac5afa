import Foundation
import TestSupport
import Testing

@testable import Language
@testable import Tensors

/// Objectives of unlearning whose losses and gradients PyTorch computed in float64: they go in by
/// the same three doors that training has (token weights, logits, hidden states).
@Suite("Objectives on a pass", .enabled(if: Repository.shared != nil, "needs ../shared"))
struct ObjectiveTests {
  private let file: SafetensorsFile
  private let pass: TrainingPass
  private let model: LanguageModel
  private let gradients: FloatBlock
  private let workers = Workers(count: 2)

  init() throws {
    file = try SafetensorsFile(path: Repository.shared("golden/objectives.safetensors").path)
    model = try LanguageModel.load(folder: Repository.shared("golden/models/llama").path)
    for parameter in model.layout.parameters {
      let delta = try file.floats(named: "reference.delta.\(parameter.name)")
      for (place, change) in zip(parameter.place.range, delta) {
        model.weights.base[place] += change
      }
    }
    pass = TrainingPass(model, on: workers)
    gradients = try FloatBlock(count: model.layout.count)
  }

  private func forward(_ batch: String) throws -> [Int32] {
    let tokens = try file.integers(named: "\(batch).ids")
    try pass.forward(tokens, length: try file.tensor(named: "\(batch).ids").shape[1])
    return try file.integers(named: "\(batch).labels")
  }

  /// Rows that are scored, and what each predicts.
  private func scored(_ labels: [Int32]) -> [(row: Int32, label: Int)] {
    labels.indices.filter { ($0 + 1) % pass.length != 0 && labels[$0 + 1] != -100 }
      .map { (Int32($0), Int(labels[$0 + 1])) }
  }

  private func compare(_ name: String, _ loss: Double) throws {
    pass.backward(into: gradients)
    let exact = Double(try file.floats(named: "\(name).loss")[0])
    #expect(abs(loss - exact) < 5e-6 * abs(exact), "loss \(loss), exactly \(exact)")
    let norm = GradientNorm.of(gradients, on: workers)
    let exactNorm = Double(try file.floats(named: "\(name).grad_norm")[0])
    #expect(abs(norm - exactNorm) < 2e-5 * exactNorm, "norm \(norm), exactly \(exactNorm)")
    for parameter in [
      "model.embed_tokens.weight", "model.layers.1.self_attn.q_proj.weight", "lm_head.weight",
    ] {
      let exact = try file.floats(named: "\(name).grad.\(parameter)")
      let index = try #require(model.layout.index(of: parameter))
      let own = gradients.floats[model.layout.parameters[index].place.range]
      let difference = zip(own, exact).reduce(0) { $0 + pow(Double($1.0) - Double($1.1), 2) }
      let size = exact.reduce(0) { $0 + pow(Double($1), 2) }
      #expect(difference.squareRoot() <= 3e-5 * size.squareRoot(), "\(parameter)")
    }
  }

  @Test("ascent: the mean, weighed by -1") func ascent() throws {
    let labels = try forward("forget")
    let loss = pass.lossAndGradient(labels: labels, weight: -1, into: gradients)
    try compare("ascent", -loss.mean)
  }

  @Test("wga: a weight for each token") func weights() throws {
    let labels = try forward("forget")
    let loss = pass.loss(labels: labels)
    let count = Double(loss.scored.reduce(0, +))
    let factors = loss.tokens.map { -exp(-0.7 * $0) / count }
    _ = pass.lossAndGradient(labels: labels, weights: factors.map { Float($0) }, into: gradients)
    try compare("wga", zip(factors, loss.tokens).reduce(0) { $0 + $1.0 * $1.1 })
  }

  @Test("flat: a function of the logits") func logits() throws {
    let scored = scored(try forward("forget"))
    var loss = 0.0
    pass.overLogits(rows: scored.map(\.row), into: gradients) { _, logits in
      for row in 0..<logits.rows {
        let values = (0..<logits.columns).map { Double(logits[row, $0]) }
        let best = values.indices.max { values[$0] < values[$1] } ?? 0
        let gap = values[best] - values.reduce(0, +) / Double(values.count)
        loss += gap * gap / Double(scored.count)
        for column in values.indices {
          let slope = (column == best ? 1 : 0) - 1 / Double(values.count)
          logits[row, column] = Float(2 * gap * slope / Double(scored.count))
        }
      }
    }
    try compare("flat", loss)
  }

  @Test("rmu: a function of a hidden layer, which nothing above learns from") func hidden() throws {
    let labels = try forward("forget")
    let direction = try file.floats(named: "direction")
    let hidden = pass.hidden(after: 1)
    let gradient = try pass.hiddenGradient(after: 1)
    let sequences = labels.count / pass.length
    var loss = 0.0
    for row in labels.indices where labels[row] != -100 {
      let sequence = row / pass.length
      let own = labels[(sequence * pass.length)..<((sequence + 1) * pass.length)]
      let share = Double(sequences * own.filter { $0 != -100 }.count * direction.count)
      for column in direction.indices {
        let difference = Double(hidden[row, column]) - 6.5 * Double(direction[column])
        loss += difference * difference / share
        gradient[row, column] += Float(2 * difference / share)
      }
    }
    try compare("rmu", loss)
    for (number, parameter) in model.layout.parameters.enumerated()
    where number == model.layout.head || parameter.layer == 2 {
      #expect(gradients.floats[parameter.place.range].allSatisfy { $0 == 0 }, "\(parameter.name)")
    }
  }
}
