internal import Tensors

/// The file that a model is verified against.
struct VerificationReference {
  let model: LanguageModel
  let tokens: [Int32]
  let labels: [Int32]
  /// T.
  let length: Int
  private let file: SafetensorsFile

  /// Reads tokens and labels, and checks that they are the model's.
  init(path: String, model: LanguageModel) throws {
    self.model = model
    file = try SafetensorsFile(path: path)
    let shape = try file.tensor(named: "input_ids").shape
    tokens = try file.integers(named: "input_ids")
    labels = try file.integers(named: "labels")
    guard shape.count == 2, shape[0] > 0, shape[1] > 8, labels.count == tokens.count else {
      throw CheckpointError(
        .shape, path: path, key: "input_ids", detail: "must be [B, T] with T above 8, as labels")
    }
    length = shape[1]
    try model.check(tokens, length: length)
    let vocabulary = Int32(model.shape.vocabulary)
    guard labels.allSatisfy({ $0 == -100 || (0..<vocabulary).contains($0) }) else {
      throw CheckpointError(
        .shape, path: path, key: "labels", detail: "name a token that the model does not have")
    }
  }

  /// A tensor of `count` floats.
  func floats(_ name: String, count: Int) throws -> [Float] {
    let floats = try file.floats(named: name)
    guard floats.count == count else {
      throw CheckpointError(
        .shape, path: file.path, key: name,
        detail: "has \(floats.count) elements, and this model makes \(count)")
    }
    return floats
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
    return try floats(name, count: parameter.place.range.count)
  }

  /// The tokens that greedy decoding appends to the first 8 of each sequence.
  func greedy() throws -> (tokens: [Int32], count: Int) {
    let shape = try file.tensor(named: "greedy").shape
    let sequences = tokens.count / length
    guard shape.count == 2, shape[0] == sequences, shape[1] > 0 else {
      throw CheckpointError(
        .shape, path: file.path, key: "greedy", detail: "must be [B, n] for \(sequences) sequences")
    }
    return (try file.integers(named: "greedy"), shape[1])
  }
}
