import Foundation
import Tensors
import TestSupport
import Testing

@testable import Language

/// Adapters that PEFT wrote, and the logits that PEFT computed with them, beside the weights and
/// merged into them (`Scripts/make-adapter-fixtures`).
@Suite("Adapters of PEFT") struct AdapterFixtureTests {
  static let names = ["llama", "gpt2"]

  private static func folder(_ name: String) -> String {
    Repository.root.appendingPathComponent("Tests/LanguageTests/Fixtures/adapters/\(name)").path
  }

  private static func model(_ name: String, adapted: Bool = true) throws -> LanguageModel {
    let model = try LanguageModel.load(folder: folder(name))
    if adapted {
      model.adapter = try LowRankAdapter.load(folder: folder(name) + "/adapter", for: model)
    }
    return model
  }

  /// The largest difference from PEFT's logits beside the largest of those.
  private static func deviation(
    _ model: LanguageModel, _ name: String, from tensor: String
  ) throws -> Double {
    let file = try SafetensorsFile(path: folder(name) + "/expected.safetensors")
    let exact = try file.floats(named: tensor)
    let tokens = try file.integers(named: "input_ids")
    let length = try file.tensor(named: "input_ids").shape[1]
    let pass = TrainingPass(model, on: Workers(count: 2))
    try pass.forward(tokens, length: length, for: .values)
    let vocabulary = model.shape.vocabulary
    var (worst, largest) = (0.0, 0.0)
    pass.overLogits(rows: (0..<pass.rows).map { Int32($0) }) { places, logits in
      for (row, place) in places.enumerated() {
        for column in 0..<vocabulary {
          let truth = Double(exact[place * vocabulary + column])
          worst = max(worst, abs(Double(logits[row, column]) - truth))
          largest = max(largest, abs(truth))
        }
      }
    }
    return worst / largest
  }

  @Test("the base, the adapter beside it and merged give PEFT's logits", arguments: names)
  func logits(name: String) throws {
    let plain = try AdapterFixtureTests.model(name, adapted: false)
    #expect(try AdapterFixtureTests.deviation(plain, name, from: "base") < 1e-5)
    let model = try AdapterFixtureTests.model(name)
    #expect(try AdapterFixtureTests.deviation(model, name, from: "beside") < 1e-5)
    model.mergeAdapter(on: Workers(count: 2))
    #expect(model.adapter == nil)
    #expect(try AdapterFixtureTests.deviation(model, name, from: "merged") < 1e-5)
  }

  @Test("what PEFT merged is not what a mutant merges", arguments: names)
  func mutants(name: String) throws {
    // Not merged, merged twice, and another α.
    let plain = try AdapterFixtureTests.model(name, adapted: false)
    #expect(try AdapterFixtureTests.deviation(plain, name, from: "merged") > 1e-2)
    let twice = try AdapterFixtureTests.model(name)
    twice.mergeAdapter(on: Workers(count: 1))
    twice.adapter = try LowRankAdapter.load(
      folder: AdapterFixtureTests.folder(name) + "/adapter", for: twice)
    #expect(try AdapterFixtureTests.deviation(twice, name, from: "merged") > 1e-2)
    let scaled = try AdapterFixtureTests.model(name)
    let adapter = try #require(scaled.adapter)
    for layer in adapter.layers {
      for index in layer.up.range { adapter.weights.base[index] *= 1.01 }
    }
    scaled.mergeAdapter(on: Workers(count: 1))
    #expect(try AdapterFixtureTests.deviation(scaled, name, from: "merged") > 1e-4)
  }

  @Test("what was merged and saved is read with the same logits", arguments: names)
  func saved(name: String) throws {
    let model = try AdapterFixtureTests.model(name)
    model.mergeAdapter(on: Workers(count: 1))
    try withScratchFolder { folder in
      try model.save(folder: folder.path)
      let read = try LanguageModel.load(folder: folder.path)
      #expect(try AdapterFixtureTests.deviation(read, name, from: "merged") < 1e-5)
    }
  }
}
