import Language
import Streams
import Tensors
import Testing

@testable import Training

@Suite("Initialisation") struct InitialisationTests {
  @Test("numbers are normal") func normal() {
    var numbers = NormalNumbers(SplitMix64(seed: 4))
    let sample = (0..<40_000).map { _ in numbers.next() }
    let mean = sample.reduce(0, +) / 40_000
    let variance = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 40_000
    let fourth = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) * ($1 - mean) * ($1 - mean) }
    // Four standard errors: 1/√n, √(2/n), √(96/n).
    #expect(abs(mean) < 0.02)
    #expect(abs(variance - 1) < 0.03)
    #expect(abs(fourth / 40_000 - 3) < 0.2)
  }

  @Test("deviations, norms and biases by what a parameter is") func deviations() throws {
    let model = try LanguageModel(
      DecoderFamily.gpt2.shape(
        DecoderFamily.Size(vocabulary: 200, width: 64, layers: 8, heads: 4, context: 32)))
    model.initialise(seed: 9)
    for (index, parameter) in model.layout.parameters.enumerated() {
      let values = parameter.place.range.map { Double(model.weights.base[$0]) }
      let size = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
      let expected =
        parameter.shape.count == 1
        ? (model.layout.isNormWeight(index) ? 1 : 0)
        : model.layout.endsBranch(index) ? 0.02 / 4 : 0.02
      #expect(abs(size - expected) <= 0.1 * expected, "\(parameter.name)")
    }
    #expect(model.layout.parameters.indices.count { model.layout.endsBranch($0) } == 16)
  }

  @Test("a parameter's weights depend on its name and the seed alone") func names() throws {
    let (small, large) = (try TinyModel.make(seed: 3), try TinyModel.make(.qwen2, seed: 3))
    let other = try TinyModel.make(seed: 4)
    func weights(_ model: LanguageModel, _ name: String) throws -> [Float] {
      let index = try #require(model.layout.index(of: name))
      return model.layout.parameters[index].place.range.map { model.weights.base[$0] }
    }
    let name = "model.layers.1.mlp.up_proj.weight"
    #expect(try weights(small, name) == weights(large, name))
    #expect(try weights(small, name) != weights(other, name))
    #expect(try weights(small, name) != weights(small, "model.layers.2.mlp.up_proj.weight"))
  }
}
