import TestSupport
import Testing

@testable import Language
@testable import Tensors

@Suite("Training pass") struct TrainingPassTests {
  private static let (rows, length) = (3, 11)

  /// Labels of which some are not scored.
  private static func labels(_ tokens: [Int32]) -> [Int32] {
    tokens.enumerated().map { $0.offset % 7 == 3 ? CrossEntropy.ignored : $0.element }
  }

  private static func loss(_ pass: TrainingPass, _ tokens: [Int32]) throws -> Double {
    try pass.forward(tokens, length: length, for: .values)
    return pass.loss(labels: labels(tokens)).mean
  }

  /// The derivative along each parameter's own gradient is that gradient's norm.
  @Test("the gradient of every parameter is the derivative", arguments: TinyCheckpoint.allCases)
  func derivative(kind: TinyCheckpoint) throws {
    let model = try kind.model()
    let pass = TrainingPass(model, on: Workers(count: 1))
    let tokens = TinyCheckpoint.tokens(TrainingPassTests.rows * TrainingPassTests.length)
    let gradients = try FloatBlock(count: model.layout.count)
    try pass.forward(tokens, length: TrainingPassTests.length)
    _ = pass.lossAndGradient(labels: TrainingPassTests.labels(tokens), into: gradients)
    pass.backward(into: gradients)
    let whole = GradientNorm.of(gradients, on: Workers(count: 1))
    for parameter in model.layout.parameters {
      let range = parameter.place.range
      let norm = GradientNorm.of(gradients, ranges: [range], on: Workers(count: 1))
      guard norm > 1e-3 * whole else { continue }
      let start = range.map { model.weights.base[$0] }
      func at(_ step: Double) throws -> Double {
        for (index, place) in range.enumerated() {
          let change = step * Double(gradients.base[place]) / norm
          model.weights.base[place] = Float(Double(start[index]) + change)
        }
        return try TrainingPassTests.loss(pass, tokens)
      }
      let h = 0.01
      let slope = try (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
      _ = try at(0)
      #expect(
        abs(slope - norm) < 2e-3 * norm + 2e-5 * whole, "\(parameter.name): \(slope), \(norm)")
    }
  }

  @Test("the same bits for 1 to 4 workers", arguments: TinyCheckpoint.allCases)
  func bits(kind: TinyCheckpoint) throws {
    let model = try kind.model()
    let tokens = TinyCheckpoint.tokens(4 * 32)
    func compute(_ count: Int) throws -> [UInt32] {
      let pass = TrainingPass(model, on: Workers(count: count))
      let gradients = try FloatBlock(count: model.layout.count)
      var bits: [UInt32] = []
      // Twice: memory that was used before changes nothing.
      for _ in 0..<2 {
        gradients.clear()
        try pass.forward(tokens, length: 32)
        pass.overLogits(rows: (0..<128).map { Int32($0) }) { _, logits in
          bits += (0..<(logits.rows * logits.columns)).map { logits.base[$0].bitPattern }
        }
        let loss = pass.lossAndGradient(labels: tokens, into: gradients)
        pass.backward(into: gradients)
        bits += gradients.floats.map(\.bitPattern)
        bits.append(Float(loss.mean).bitPattern)
      }
      #expect(bits[..<(bits.count / 2)] == bits[(bits.count / 2)...])
      return bits
    }
    let first = try compute(1)
    for count in 2...4 { #expect(try compute(count) == first) }
  }

  @Test("values alone are the values of a pass that goes back", arguments: TinyCheckpoint.allCases)
  func valuesOnly(kind: TinyCheckpoint) throws {
    let pass = TrainingPass(try kind.model(), on: Workers(count: 2))
    let tokens = TinyCheckpoint.tokens(2 * 9)
    var tapped: [[UInt32]] = []
    try pass.forward(tokens, length: 9, for: .values) { _, hidden in
      tapped.append((0..<(18 * 24)).map { hidden.base[$0].bitPattern })
    }
    let final = (0..<(18 * 24)).map { pass.final.base[$0].bitPattern }
    try pass.forward(tokens, length: 9)
    #expect(final == (0..<(18 * 24)).map { pass.final.base[$0].bitPattern })
    for layer in 0..<2 {
      let hidden = pass.hidden(after: layer)
      #expect(tapped[layer] == (0..<(18 * 24)).map { hidden.base[$0].bitPattern })
    }
  }

  @Test("what is filled up behind a sequence changes nothing before") func filling() throws {
    let pass = TrainingPass(try TinyCheckpoint.qwen3.model(), on: Workers(count: 1))
    var tokens = TinyCheckpoint.tokens(2 * 12)
    let labels = tokens.enumerated().map { $0.offset < 8 || $0.offset >= 12 ? $0.element : -100 }
    try pass.forward(tokens, length: 12, for: .values)
    let before = pass.loss(labels: labels)
    for index in 8..<12 { tokens[index] = 0 }
    try pass.forward(tokens, length: 12, for: .values)
    #expect(pass.loss(labels: labels) == before)
    #expect(before.scored == [7, 11])
  }

  @Test("frozen parameters get no gradient, the others the same bits") func selection() throws {
    let model = try TinyCheckpoint.neox.model()
    let pass = TrainingPass(model, on: Workers(count: 2))
    let tokens = TinyCheckpoint.tokens(20)
    func gradient(_ selection: ParameterSelection) throws -> FloatBlock {
      let gradients = try FloatBlock(count: model.layout.count)
      try pass.forward(tokens, length: 10)
      _ = pass.lossAndGradient(labels: tokens, into: gradients, selection: selection)
      pass.backward(into: gradients, selection: selection)
      return gradients
    }
    let all = try gradient(.all)
    for condition in [
      { (name: String) in name.contains("layers.1.mlp") },
      { name in name.hasSuffix("embed_in.weight") }, { name in name.hasPrefix("embed_out") },
    ] {
      let selection = ParameterSelection(model.layout) { condition($0.name) }
      let some = try gradient(selection)
      for parameter in model.layout.parameters {
        let range = parameter.place.range
        let expected =
          condition(parameter.name) ? Array(all.floats[range]) : range.map { _ in Float(0) }
        #expect(some.floats[range].elementsEqual(expected), "\(parameter.name)")
      }
      #expect(selection.ranges(of: model.layout)?.isEmpty == false)
    }
  }

  @Test(
    "a pass that ends behind a block is the whole one, of which only that block's stream is read",
    arguments: TinyCheckpoint.allCases)
  func through(kind: TinyCheckpoint) throws {
    let model = try kind.model()
    let tokens = TinyCheckpoint.tokens(20)
    func compute(_ last: Int?) throws -> (hidden: [Float], gradients: [Float]) {
      let pass = TrainingPass(model, on: Workers(count: 2))
      let gradients = try FloatBlock(count: model.layout.count)
      // What an earlier pass left changes nothing.
      try pass.forward(tokens, length: 10)
      _ = pass.lossAndGradient(labels: tokens, into: gradients)
      pass.backward(into: gradients)
      gradients.clear()
      try pass.forward(tokens, length: 10, through: last)
      let (hidden, gradient) = (pass.hidden(after: 0), try pass.hiddenGradient(after: 0))
      for row in 0..<hidden.rows {
        for column in 0..<hidden.columns {
          gradient[row, column] = Float((row * 7 + column * 3) % 11) - 5
        }
      }
      pass.backward(into: gradients)
      return (
        (0..<hidden.rows * hidden.columns).map { hidden.base[$0] }, Array(gradients.floats)
      )
    }
    let (whole, short) = (try compute(nil), try compute(0))
    #expect(whole.hidden == short.hidden)
    #expect(whole.gradients == short.gradients)
    #expect(short.gradients.contains { $0 != 0 })
  }

  @Test("tokens that the model cannot read") func tokens() throws {
    let pass = TrainingPass(try TinyCheckpoint.gpt2.model(), on: Workers(count: 1))
    #expect(throws: ModelInputError.token(37, vocabulary: 37)) {
      try pass.forward([1, 37], length: 2)
    }
    #expect(throws: ModelInputError.token(-1, vocabulary: 37)) {
      try pass.forward([-1], length: 1)
    }
    #expect(throws: ModelInputError.tooLong(length: 33, context: 32)) {
      try pass.forward(TinyCheckpoint.tokens(33), length: 33)
    }
    #expect(throws: ModelInputError.empty) { try pass.forward([], length: 1) }
  }
}
