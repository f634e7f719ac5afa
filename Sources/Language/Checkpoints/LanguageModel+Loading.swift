internal import Streams
internal import Tensors

extension LanguageModel {
  /// Reads a Hugging Face folder: `config.json` and the weights.
  ///
  /// Everything that headers and settings can tell is checked before memory is taken for the
  /// weights.
  ///
  /// - Throws: ``CheckpointError`` naming file and tensor or key, `StreamsError` where a file
  ///   cannot be read, `TensorsError` where there is no memory for the weights.
  public static func load(folder: String) throws -> LanguageModel {
    let configuration = try ModelConfiguration(folder: folder)
    let checkpoint = try Checkpoint(folder: folder)
    try checkSize(configuration.shape, checkpoint)
    let layout = ParameterLayout(configuration.shape)
    let source = try CheckpointSource(configuration, checkpoint, layout)
    let weights = try FloatBlock(count: layout.count)
    var copies: [(SafetensorsFile, SafetensorsFile.Tensor, Int)] = []
    for (file, uses) in zip(checkpoint.files, source.uses) {
      let reader = try SafetensorsReader(file)
      for (tensor, use) in zip(file.tensors, uses) {
        switch use {
        case .parameter(let number):
          try reader.next(
            tensor, into: weights.base + layout.parameters[number].place.offset)
        case .copy(let number):
          try reader.next(tensor) { _, _ in }
          copies.append((file, tensor, number))
        case .ignored: try reader.next(tensor) { _, _ in }
        }
      }
    }
    for (file, tensor, number) in copies {
      let place = layout.parameters[number].place
      guard try file.floats(named: tensor.name).elementsEqual(weights.floats[place.range]) else {
        throw CheckpointError(
          .broken, path: file.path, key: tensor.name,
          detail: "is not the embedding, although tie_word_embeddings says so")
      }
    }
    return LanguageModel(configuration.shape, layout, weights, source: source)
  }

  /// Reads weights that ``save(to:as:)`` wrote for a model of this very shape into this one.
  ///
  /// - Throws: ``CheckpointError`` where they are of another shape or broken, `StreamsError`.
  public func readWeights(folder: String) throws {
    let other = try ModelConfiguration(folder: folder)
    guard ParameterLayout(other.shape) == layout else {
      throw CheckpointError(.shape, path: folder, detail: "is of another shape")
    }
    let checkpoint = try Checkpoint(folder: folder)
    let source = try CheckpointSource(other, checkpoint, layout)
    for (file, uses) in zip(checkpoint.files, source.uses) {
      let reader = try SafetensorsReader(file)
      for (tensor, use) in zip(file.tensors, uses) {
        if case .parameter(let number) = use {
          try reader.next(tensor, into: weights.base + layout.parameters[number].place.offset)
        } else {
          try reader.next(tensor) { _, _ in }
        }
      }
    }
  }

  /// Whether the headers of a checkpoint fit a configuration: the checks of ``load(folder:)`` that
  /// need no weight.
  ///
  /// - Throws: ``CheckpointError`` naming file and tensor.
  public static func check(_ checkpoint: Checkpoint, against configuration: ModelConfiguration)
    throws
  {
    try checkSize(configuration.shape, checkpoint)
    _ = try CheckpointSource(
      configuration, checkpoint, ParameterLayout(configuration.shape))
  }

  /// A shape with more tensors than the files have is refused before a layout of it is made.
  private static func checkSize(_ shape: DecoderShape, _ checkpoint: Checkpoint) throws {
    let tensors = checkpoint.files.reduce(0) { $0 + $1.tensors.count }
    guard tensors >= shape.layers * 6 else {
      throw CheckpointError(
        .missingTensor, path: checkpoint.folder, key: shape.names.block,
        detail: "\(tensors) tensors are too few for \(shape.layers) layers")
    }
  }
}
