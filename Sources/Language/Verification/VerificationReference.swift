internal import Tensors

/// The file that a model is verified against.
struct VerificationReference {
  let model: LanguageModel
  let tokens: [Int32]
  let labels: [Int32]
  /// T.
  let length: Int
  private let file: SafetensorsFile

  /// Reads tokens and labels, and checks that the file holds what is compared with this model, and
  /// nothing else.
  ///
  /// - Throws: ``CheckpointError`` (reference) naming the entry, ``ModelInputError`` for a token.
  init(path: String, model: LanguageModel) throws {
    self.model = model
    file = try SafetensorsFile(path: path)
    func wrong(_ key: String, _ detail: String) -> CheckpointError {
      CheckpointError(.reference, path: path, key: key, detail: detail)
    }
    let integers = { [file] (name: String) throws -> (shape: [Int], values: [Int32]) in
      guard let tensor = file.tensors.first(where: { $0.name == name }) else {
        throw wrong(name, "is missing")
      }
      guard tensor.type == .I32 else { throw wrong(name, "is \(tensor.type.rawValue), not I32") }
      return (tensor.shape, try file.integers(named: name))
    }
    let ids = try integers("input_ids")
    let targets = try integers("labels")
    guard ids.shape.count == 2, ids.shape[0] > 0, ids.shape[1] > 8 else {
      throw wrong("input_ids", "has the shape \(ids.shape), not [B, T] with T above 8")
    }
    guard targets.shape == ids.shape else {
      throw wrong("labels", "has the shape \(targets.shape), and input_ids \(ids.shape)")
    }
    tokens = ids.values
    labels = targets.values
    length = ids.shape[1]
    try model.check(tokens, length: length)
    let vocabulary = Int32(model.shape.vocabulary)
    guard labels.allSatisfy({ $0 == -100 || (0..<vocabulary).contains($0) }) else {
      throw wrong("labels", "names a token that the model does not have")
    }
    let known = VerificationReference.names(of: model)
    if let stranger = file.tensors.first(where: { !known.contains($0.name) }) {
      throw wrong(stranger.name, "is nothing that this model is compared with")
    }
  }

  /// B.
  var sequences: Int { tokens.count / length }

  /// What a reference for a model may hold.
  private static func names(of model: LanguageModel) -> Set<String> {
    let names = model.shape.names
    var known: Set<String> = ["input_ids", "labels", "logits", "loss", "sequence_nll", "greedy"]
    known.formUnion((0..<model.shape.layers).map { "hidden.\($0)" })
    for kind in ["grad", "adamw"] {
      known.formUnion(model.layout.parameters.map { "\(kind).\($0.name)" })
      guard !model.shape.tied else { continue }
      known.formUnion(names.otherHeads.map { "\(kind).\($0).weight" })
    }
    return known
  }

  /// A tensor of floats of this shape.
  func floats(_ name: String, _ shape: [Int]) throws -> [Float] {
    guard let tensor = file.tensors.first(where: { $0.name == name }) else {
      throw CheckpointError(.reference, path: file.path, key: name, detail: "is missing")
    }
    guard tensor.shape == shape else {
      throw CheckpointError(
        .reference, path: file.path, key: name,
        detail: "has the shape \(tensor.shape), and this model makes \(shape)")
    }
    return try file.floats(named: name)
  }

  /// What the reference has of a parameter, such as its gradient (`grad`).
  func floats(_ kind: String, of parameter: ParameterLayout.Parameter) throws -> [Float] {
    let names = model.shape.names
    var name = "\(kind).\(parameter.name)"
    if parameter.name == names.head + ".weight" {
      let others = names.otherHeads.map { "\(kind).\($0).weight" }
      if let other = others.first(where: { other in file.tensors.contains { $0.name == other } }) {
        name = other
      }
    }
    return try floats(name, parameter.shape)
  }

  /// The tokens that greedy decoding appends to the first 8 of each sequence.
  func greedy() throws -> (tokens: [Int32], count: Int) {
    guard let tensor = file.tensors.first(where: { $0.name == "greedy" }) else {
      throw CheckpointError(.reference, path: file.path, key: "greedy", detail: "is missing")
    }
    let shape = tensor.shape
    guard tensor.type == .I32, shape.count == 2, shape[0] == sequences, shape[1] > 0 else {
      throw CheckpointError(
        .reference, path: file.path, key: "greedy",
        detail: "has the shape \(shape), not [\(sequences), n] of I32")
    }
    return (try file.integers(named: "greedy"), shape[1])
  }
}
