/// Where a model came from and how its weights lay there, so that it is written back in the same
/// form.
public struct CheckpointSource: Sendable {
  /// What becomes of a tensor.
  enum Use: Sendable, Equatable {
    /// It is the parameter with this number.
    case parameter(Int)
    /// It is a copy of a parameter that serves twice.
    case copy(Int)
    /// It is a mask or a table that nobody computes with.
    case ignored
  }

  /// The settings.
  public let configuration: ModelConfiguration
  /// The files.
  public let checkpoint: Checkpoint
  /// What becomes of each tensor of each file.
  let uses: [[Use]]

  /// Matches the tensors of a checkpoint with the parameters of a decoder; nothing is allocated for
  /// weights before that.
  ///
  /// - Throws: ``CheckpointError`` for a tensor that is missing, unexpected, of another shape, or
  ///   of a type that holds no weights.
  init(_ configuration: ModelConfiguration, _ checkpoint: Checkpoint, _ layout: ParameterLayout)
    throws
  {
    self.configuration = configuration
    self.checkpoint = checkpoint
    let names = configuration.shape.names
    let hasPrefix = checkpoint.files.contains { file in
      file.tensors.contains { $0.name.hasPrefix(names.prefix) }
    }
    var numbers: [String: Int] = [:]
    for (number, parameter) in layout.parameters.enumerated() {
      let isHead = number == layout.head && !configuration.shape.tied
      let bare = String(parameter.name.dropFirst(names.prefix.count))
      numbers[hasPrefix || isHead ? parameter.name : bare] = number
      for other in isHead ? names.otherHeads : [] { numbers[other + ".weight"] = number }
    }
    var seen: Set<Int> = []
    var uses: [[Use]] = []
    for file in checkpoint.files {
      var own: [Use] = []
      for tensor in file.tensors {
        let use = try CheckpointSource.use(of: tensor, in: file, names, numbers, layout)
        if case .parameter(let number) = use, !seen.insert(number).inserted {
          throw CheckpointError(
            .unexpectedTensor, path: file.path, key: tensor.name,
            detail: "is there under another name already")
        }
        own.append(use)
      }
      uses.append(own)
    }
    self.uses = uses
    for (number, parameter) in layout.parameters.enumerated() where !seen.contains(number) {
      throw CheckpointError(
        .missingTensor, path: checkpoint.folder, key: parameter.name, detail: "is missing")
    }
  }

  private static func use(
    of tensor: SafetensorsFile.Tensor, in file: SafetensorsFile, _ names: DecoderNames,
    _ numbers: [String: Int], _ layout: ParameterLayout
  ) throws -> Use {
    let isCopy =
      layout.head == layout.embedding
      && ([names.head] + names.otherHeads).contains { tensor.name == $0 + ".weight" }
    guard let number = isCopy ? layout.embedding : numbers[tensor.name] else {
      if names.ignored.contains(where: tensor.name.hasSuffix) { return .ignored }
      throw CheckpointError(
        .unexpectedTensor, path: file.path, key: tensor.name,
        detail: "this architecture has no such tensor")
    }
    let shape = layout.parameters[number].shape
    guard tensor.shape == shape else {
      throw CheckpointError(
        .shape, path: file.path, key: tensor.name,
        detail: "has the shape \(tensor.shape), and the settings say \(shape)")
    }
    guard tensor.type.holdsWeights else {
      throw CheckpointError(
        .unsupported, path: file.path, key: tensor.name,
        detail: "\(tensor.type.rawValue) is not read as weights, only F32, F16 and BF16")
    }
    return isCopy ? .copy(number) : .parameter(number)
  }
}
