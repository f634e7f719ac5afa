public import Language
internal import Settings
internal import Streams
internal import Training

/// An objective as a plan asks for it: its name, its settings as far as the plan gives them, and
/// the file of answers that it reads beside the items.
public struct ObjectiveChoice: Sendable, Equatable {
  /// Which one.
  public let kind: any Objective.Type
  /// Whether the plan calls it `gradient_difference`: ascent beside a retain term.
  public let isDifference: Bool
  /// Its numbers, also those that the plan leaves out.
  public let values: [String: [Double]]
  /// The blocks that it reads, from 0; nil where the plan does not say.
  public let layers: [Int]?
  /// The file of answers, of JSON lines `{"answer"}` or of a text with one a line; nil for none.
  public let answers: String?
  /// Where the plan says which layers.
  private let layersNode: SettingsNode?

  /// Another name of ``GradientAscent``, of a plan that retains beside it.
  public static let difference = "gradient_difference"

  /// Two choices are equal where the same objective has the same settings.
  public static func == (left: ObjectiveChoice, right: ObjectiveChoice) -> Bool {
    left.kind == right.kind && left.isDifference == right.isDifference
      && left.values == right.values && left.layers == right.layers
      && left.answers == right.answers
  }

  init(_ node: SettingsNode, role: ObjectiveRole, folder: String) throws(SettingsError) {
    var name = node
    var settings: SettingsMapping?
    if node.kind == .mapping {
      let mapping = try node.mapping()
      guard mapping.entries.count == 1, let entry = mapping.entries.first else {
        throw node.mistake("expected a name, or one name with its settings: {npo: {beta: 0.1}}")
      }
      name = entry.value
      if entry.value.kind != .empty { settings = try entry.value.mapping() }
      self.kind = try ObjectiveChoice.kind(entry.key, role) { mapping.mistake(at: entry, $0) }
      isDifference = entry.key == ObjectiveChoice.difference
    } else {
      let text = try node.string()
      self.kind = try ObjectiveChoice.kind(text, role) { node.mistake($0) }
      isDifference = text == ObjectiveChoice.difference
    }
    let hasAnswers = kind.answers != .none
    try settings?.allow(kind.settings.map(\.name) + (hasAnswers ? ["answers"] : []))
    var values: [String: [Double]] = [:]
    var layers: [Int]?
    for setting in kind.settings {
      let node = settings?.optional(setting.name)
      switch setting.kind {
      case .number(let range, let usual):
        values[setting.name] = [try node?.double(in: range) ?? usual]
      case .numbers(let range, let usual):
        let elements = try node.map { node throws(SettingsError) in
          try ObjectiveChoice.elements(node).map { element throws(SettingsError) in
            try element.double(in: range)
          }
        }
        values[setting.name] = elements ?? usual
      case .layers:
        layers = try node.map { node throws(SettingsError) in
          try ObjectiveChoice.layers(node)
        }
      }
    }
    (self.values, self.layers) = (values, layers)
    layersNode = settings?.optional("layers")
    answers = try settings?.optional("answers").map { node throws(SettingsError) in
      try TrainingPlan.path(node, folder: folder)
    }
    if hasAnswers, answers == nil {
      throw name.mistake("\(kind.name) needs `answers`: a file of what is to be said instead")
    }
  }

  private static func kind(
    _ name: String, _ role: ObjectiveRole, _ mistake: (String) -> SettingsError
  ) throws(SettingsError) -> any Objective.Type {
    let kinds = Objectives.all.filter { $0.role == role }
    if name == difference, role == .forget { return GradientAscent.self }
    guard let kind = kinds.first(where: { $0.name == name }) else {
      let names = kinds.map { $0.name } + (role == .forget ? [difference] : [])
      throw mistake(
        Objectives.all.contains { $0.name == name }
          ? "\(name) is no objective that \(role == .forget ? "forgets" : "retains")"
          : Spelling.unknown("objective", name, known: names))
    }
    return kind
  }

  private static func elements(_ node: SettingsNode) throws(SettingsError) -> [SettingsNode] {
    let elements = node.kind == .sequence ? try node.sequence() : [node]
    guard !elements.isEmpty else { throw node.mistake("is an empty list") }
    return elements
  }

  private static func layers(_ node: SettingsNode) throws(SettingsError) -> [Int] {
    let layers = try elements(node).map { element throws(SettingsError) in
      try element.int(in: 0...1_023)
    }
    guard Set(layers).count == layers.count else { throw node.mistake("names a layer twice") }
    return layers.sorted()
  }

  /// The objective for a model.
  ///
  /// - Parameters:
  ///   - shape: the model's.
  ///   - beside: the layers of the plan's first term that names or has some: a retain term that
  ///     names none holds those.
  ///   - seed: draws directions.
  /// - Throws: `ModelInputError` for a layer that the model does not have.
  public func objective(
    _ shape: DecoderShape, beside: [Int]? = nil, seed: UInt64
  ) throws(ModelInputError) -> any Objective {
    let layers = layers(of: shape, beside: beside)
    for layer in layers where layer >= shape.layers {
      throw .layer(layer, layers: shape.layers)
    }
    return kind.init(
      ObjectiveValues(numbers: values, layers: layers, width: shape.width, seed: seed))
  }

  /// What is wrong with the layers: where the plan names them with line and key.
  func mistake(_ error: ModelInputError) -> any CordonError {
    guard let layersNode else { return error }
    return layersNode.mistake("\(error)")
  }

  /// The blocks that it reads of a model; none for an objective on logits.
  public func layers(of shape: DecoderShape, beside: [Int]? = nil) -> [Int] {
    for setting in kind.settings {
      guard case .layers(let usual) = setting.kind else { continue }
      if let layers { return layers }
      if kind.role == .retain, let beside, !beside.isEmpty { return beside }
      let shares = usual.map { Int($0 * Double(shape.layers)) }
      return Array(Set(shares)).sorted()
    }
    return []
  }
}
