internal import Streams
internal import Tensors

extension LanguageModel {
  /// What else belongs to a model in a Hugging Face folder; it is copied where it is there.
  static let companions = [
    "generation_config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model",
    "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
    "chat_template.jinja",
  ]

  /// Writes the model in the form that it was read in: the same files, names and number formats,
  /// with the settings and the tokenizer beside them. A model that did not change gives the same
  /// bytes.
  ///
  /// Each file appears when it is whole.
  ///
  /// - Precondition: the model was loaded from a folder.
  /// - Throws: ``CheckpointError`` (doesNotFit, notFinite) before a file is published that would
  ///   hold such a weight, `StreamsError` where a file cannot be written.
  public func save(folder: String) throws {
    guard let source else { preconditionFailure("a model that was loaded") }
    try Folder.make(folder)
    for (file, uses) in zip(source.checkpoint.files, source.uses) {
      try write(file, uses, to: "\(folder)/\(file.name)")
    }
    if let index = source.checkpoint.index {
      try LanguageModel.write(index, to: "\(folder)/\(Checkpoint.indexName)")
    }
    for name in LanguageModel.companions {
      let from = "\(source.checkpoint.folder)/\(name)"
      guard Folder.exists(from) else { continue }
      try LanguageModel.write(try FileSource.contents(of: from), to: "\(folder)/\(name)")
    }
    try LanguageModel.write(source.configuration.bytes, to: "\(folder)/config.json")
  }

  static func write(_ bytes: [UInt8], to path: String) throws {
    let output = try OutputFile(temporaryPath: path + ".partial")
    try output.write(bytes)
    try output.publish(as: path)
  }

  private func write(
    _ file: SafetensorsFile, _ uses: [CheckpointSource.Use], to path: String
  ) throws {
    let output = try OutputFile(temporaryPath: path + ".partial")
    try output.write(file.header)
    var reader: SafetensorsReader?
    if uses.contains(.ignored) { reader = try SafetensorsReader(file) }
    for (tensor, use) in zip(file.tensors, uses) {
      switch use {
      case .ignored: try reader?.next(tensor) { _, bytes in try output.write(bytes) }
      case .parameter(let number), .copy(let number):
        try reader?.next(tensor) { _, _ in }
        try SafetensorsWriter.write(
          weights.base + layout.parameters[number].place.offset, as: tensor, of: path, to: output)
      }
    }
    try output.publish(as: path)
  }
}

extension SafetensorsFile {
  /// The file's name in its folder.
  var name: String { String(path.split(separator: "/").last ?? "") }
}
