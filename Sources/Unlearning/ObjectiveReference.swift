internal import Language
internal import Tensors

/// The file that objectives are verified against.
struct ObjectiveReference {
  /// Tokens and labels of a batch.
  struct Text {
    var tokens: [Int32]
    var labels: [Int32]
    var length: Int
  }

  /// The objectives, with the settings that the reference was made with.
  let objectives: [any Objective]
  private let model: LanguageModel
  private let file: SafetensorsFile
  private let forget: Text
  private let retain: Text
  private let preferred: Text

  /// Reads the batches, and checks that they are the model's.
  init(path: String, model: LanguageModel) throws {
    self.model = model
    let file = try SafetensorsFile(path: path)
    self.file = file
    forget = try ObjectiveReference.text("forget", file, model)
    retain = try ObjectiveReference.text("retain", file, model)
    preferred = try ObjectiveReference.text("preferred", file, model)
    guard preferred.tokens.count / preferred.length == forget.tokens.count / forget.length else {
      throw CheckpointError(
        .shape, path: path, key: "preferred.ids", detail: "must have a sequence for each of forget")
    }
    let direction = try file.floats(named: "direction")
    guard direction.count == model.shape.width else {
      throw CheckpointError(
        .shape, path: path, key: "direction", detail: "must be [\(model.shape.width)]")
    }
    let layer = 1
    objectives = [
      GradientAscent(), NPO(beta: 0.1), SimNPO(beta: 2.5, margin: 0.1), DPO(beta: 0.1),
      UNDIAL(beta: 3), CEU(), WGA(beta: 0.7), SatImp(saturation: 5, importance: 1), Flattening(),
      MaximumEntropy(), RMU(layers: [layer], coefficient: 6.5, direction: direction),
      Rerouting(layers: [layer]), LikelihoodRetention(), DivergenceRetention(),
      HiddenRetention(layers: [layer]),
    ]
  }

  /// The batch that an objective is measured on: for pairs, both batches as one.
  func batch(of kind: any Objective.Type) throws -> Text {
    guard kind.role == .forget else { return retain }
    return kind == DPO.self ? ObjectiveReference.pairs(forget, preferred) : forget
  }

  /// Two batches as one of the longer length, filled up with token 0, which is not scored.
  private static func pairs(_ first: Text, _ second: Text) -> Text {
    var pairs = Text(tokens: [], labels: [], length: max(first.length, second.length))
    for text in [first, second] {
      let fill = pairs.length - text.length
      for start in stride(from: 0, to: text.tokens.count, by: text.length) {
        let range = start..<(start + text.length)
        pairs.tokens += text.tokens[range] + Array(repeating: 0, count: fill)
        pairs.labels += text.labels[range] + Array(repeating: ignored, count: fill)
      }
    }
    return pairs
  }

  /// The checkpoint and what the trained model differs by.
  func trained() throws -> LanguageModel {
    let trained = try LanguageModel(model.shape)
    trained.weights.base.update(from: model.weights.base, count: model.weights.count)
    for parameter in model.layout.parameters {
      let range = parameter.place.range
      let delta = try floats("reference.delta.\(parameter.name)", count: range.count)
      for (place, change) in zip(range, delta) { trained.weights.base[place] += change }
    }
    return trained
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

  /// The gradients that the reference has of an objective, and where they stand in a block.
  func gradients(of name: String) throws -> [(key: String, place: BlockPlan.Place)] {
    let prefix = "\(name).grad."
    let keys = file.tensors.map(\.name).filter { $0.hasPrefix(prefix) }.sorted()
    return try keys.map { key in
      guard let index = model.layout.index(of: String(key.dropFirst(prefix.count))) else {
        throw CheckpointError(
          .unexpectedTensor, path: file.path, key: key, detail: "the model has no such parameter")
      }
      return (key, model.layout.parameters[index].place)
    }
  }

  /// Refuses a reference of which something was passed over.
  func requireAllCompared(_ compared: [String]) throws {
    let inputs = ["forget", "retain", "preferred"].flatMap { ["\($0).ids", "\($0).labels"] }
    let known = Set(compared + inputs + ["direction"])
    for tensor in file.tensors.map(\.name).sorted()
    where !known.contains(tensor) && !tensor.hasPrefix("reference.delta.") {
      throw CheckpointError(
        .unexpectedTensor, path: file.path, key: tensor, detail: "no objective here answers to it")
    }
  }

  private static func text(
    _ name: String, _ file: SafetensorsFile, _ model: LanguageModel
  ) throws -> Text {
    let shape = try file.tensor(named: "\(name).ids").shape
    let text = Text(
      tokens: try file.integers(named: "\(name).ids"),
      labels: try file.integers(named: "\(name).labels"), length: shape.last ?? 0)
    guard shape.count == 2, shape[0] > 0, shape[1] > 1, text.labels.count == text.tokens.count
    else {
      throw CheckpointError(
        .shape, path: file.path, key: "\(name).ids",
        detail: "must be [B, T] with T above 1, as \(name).labels")
    }
    try model.check(text.tokens, length: text.length)
    let vocabulary = Int32(model.shape.vocabulary)
    guard text.labels.allSatisfy({ $0 == ignored || (0..<vocabulary).contains($0) }) else {
      throw CheckpointError(
        .shape, path: file.path, key: "\(name).labels",
        detail: "name a token that the model does not have")
    }
    return text
  }
}
