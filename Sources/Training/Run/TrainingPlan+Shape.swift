public import Language
internal import Tensors

extension TrainingPlan.NewModel {
  /// The shape of the model, once its vocabulary is known.
  public func shape(vocabulary: Int) -> DecoderShape {
    guard let family = DecoderFamily(rawValue: architecture) else {
      preconditionFailure("the plan has checked the architecture")
    }
    return family.shape(
      DecoderFamily.Size(
        vocabulary: vocabulary, width: width, layers: layers, heads: heads, keyHeads: keyHeads,
        inner: inner, context: context, tied: tied))
  }
}

extension TrainingPlan {
  /// The shape of the model, as far as it is known before data and tokenizer are read: a tokenizer
  /// that is to be trained has the size that was asked for.
  ///
  /// - Throws: what reading a base model's settings or a tokenizer throws.
  public func forecastShape() throws -> DecoderShape {
    switch model {
    case .base(let folder): return try ModelConfiguration(folder: folder).shape
    case .new(let new):
      switch tokenizer {
      case .train(let size, _, _): return new.shape(vocabulary: size)
      case .file(let path, _):
        return new.shape(vocabulary: try Tokenizer(path: path).vocabularySize)
      case nil: preconditionFailure("a new model has a tokenizer")
      }
    }
  }

  /// How many parameters are trained.
  ///
  /// - Throws: `SettingsError` for a name of `freeze` that no parameter has.
  public func trainedParameters(of layout: ParameterLayout, shape: DecoderShape) throws -> Int {
    if let lora {
      let settings = LowRankAdapter.Settings(
        rank: lora.rank, alpha: lora.alpha, targets: lora.targets)
      do {
        return try settings.elements(of: layout, shape: shape)
      } catch let error as ModelInputError {
        throw mistake(at: ["lora", "targets"], "\(error)")
      }
    }
    let selection = try selection(of: layout)
    return layout.parameters.indices.filter { selection.contains($0) }
      .reduce(0) { $0 + layout.parameters[$1].place.range.count }
  }

  /// What is trained: all but what `freeze` names.
  ///
  /// - Throws: `SettingsError` for a name that no parameter has, or where nothing is left.
  func selection(of layout: ParameterLayout) throws -> ParameterSelection {
    guard !freeze.isEmpty else { return .all }
    var unused = Set(freeze)
    let selection = ParameterSelection(layout) { parameter in
      let names = freeze.filter { layout.isNamed(parameter, by: $0) }
      unused.subtract(names)
      return names.isEmpty
    }
    if let name = freeze.first(where: { unused.contains($0) }) {
      throw mistake(
        at: ["freeze"],
        "no parameter is called \(name); `cordon model inspect` names those of a model")
    }
    guard layout.parameters.indices.contains(where: { selection.contains($0) }) else {
      throw mistake(at: ["freeze"], "leaves nothing to train")
    }
    return selection
  }
}

extension ParameterLayout {
  /// Whether a name of a plan's `freeze` means a parameter: its own name, what it begins with up to
  /// a full stop, `embedding`, or `layers.N`.
  package func isNamed(_ parameter: Parameter, by name: String) -> Bool {
    if name == "embedding" { return parameter.name == parameters[0].name }
    if name.hasPrefix("layers."), let layer = Int(name.dropFirst("layers.".count)) {
      return parameter.layer == layer
    }
    return parameter.name == name || parameter.name.hasPrefix(name + ".")
  }
}
