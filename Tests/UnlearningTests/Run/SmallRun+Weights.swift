import Foundation
import Language
import Tensors
import Training

@testable import Unlearning

extension SmallRun {
  /// The parameters of a model on disk, in the order of its layout.
  static func weights(_ path: String) throws -> [[Float]] {
    let model = try LanguageModel.load(folder: path)
    return model.layout.parameters.map { Array(model.weights.floats[$0.place.range]) }
  }

  /// The parameters of the model that runs begin with.
  static func start() throws -> [[Float]] { try weights(base.path) }

  /// The names of the parameters.
  static func names() throws -> [String] {
    try LanguageModel.load(folder: base.path).layout.parameters.map(\.name)
  }

  /// The largest difference of two models' parameters.
  static func distance(_ one: [[Float]], _ other: [[Float]]) -> Float {
    zip(one.joined(), other.joined()).reduce(0) { max($0, abs($1.0 - $1.1)) }
  }
}

extension SmallRun {
  /// The terms of a plan, for the model that runs begin with.
  func terms(_ plan: UnlearningPlan) throws -> [RunningTerm] {
    let model = try LanguageModel.load(folder: SmallRun.base.path)
    let tokenizer = try Tokenizer(path: SmallRun.base.path + "/tokenizer.json")
    let encoder = DocumentEncoder(
      tokenizer, end: try DocumentEncoder.end(named: nil, of: tokenizer))
    return try RunningTerm.terms(of: plan, UnlearningData(plan, encoder: encoder), model.shape)
  }
}
