internal import Streams
internal import Tensors

/// What stands beside the weights in a folder that is written anew.
public struct CheckpointForm: Sendable, Equatable {
  /// How the weights are stored.
  public var type: StoredType
  /// Bytes of weights above which they are cut into shards, at a tensor's end; a tensor that is
  /// larger has a shard of its own.
  public var shardLimit: Int64
  /// The bytes of `tokenizer.json`; nil for none, or for what belongs to the folder that the model
  /// was loaded from.
  public var tokenizer: [UInt8]?
  /// The token that begins a text.
  public var beginToken: Int32?
  /// The tokens that end a text.
  public var endTokens: [Int32]

  /// A form: one file of 32-bit floats unless something else is asked for.
  ///
  /// - Precondition: the type holds weights, and the limit is positive.
  public init(
    _ type: StoredType = .F32, shardLimit: Int64 = 5_000_000_000, tokenizer: [UInt8]? = nil,
    beginToken: Int32? = nil, endTokens: [Int32] = []
  ) {
    precondition(type.holdsWeights, "a type that holds weights")
    precondition(shardLimit > 0, "shards hold something")
    (self.type, self.shardLimit, self.tokenizer) = (type, shardLimit, tokenizer)
    (self.beginToken, self.endTokens) = (beginToken, endTokens)
  }
}

extension LanguageModel {
  /// Writes a new Hugging Face folder: `config.json`, `model.safetensors` or shards with an index,
  /// and the tokenizer. Model and form alone decide its bytes.
  ///
  /// The folder is whole or not there: it is written beside its place, as `FOLDER.cordon-partial`,
  /// and renamed when all of it is durable. What an earlier attempt left there is removed.
  ///
  /// A model that was loaded keeps the tokens of its settings where the form names none, and the
  /// files beside its weights where the form has no tokenizer.
  ///
  /// - Parameter folder: is not there yet, or empty.
  /// - Throws: `StreamsError` where something is in the place or it cannot be written,
  ///   ``CheckpointError`` for a decoder that no architecture has (unsupported) and for a weight
  ///   that is not finite in this form (doesNotFit), ``TokenizerError`` for a tokenizer that is
  ///   broken, ``ModelInputError`` for a token that the model does not have.
  public func save(to folder: String, as form: CheckpointForm = CheckpointForm()) throws {
    let configuration = try settings(form)
    if let bytes = form.tokenizer {
      let tokenizer = try Tokenizer(json: bytes, path: "tokenizer.json")
      guard tokenizer.vocabularySize <= shape.vocabulary else {
        throw ModelInputError.token(
          Int32(clamping: tokenizer.vocabularySize - 1), vocabulary: shape.vocabulary)
      }
    }
    let target = LanguageModel.withoutSlashes(folder)
    guard try !Folder.exists(target) || Folder.names(in: target).isEmpty else {
      throw StreamsError(.unwritable, path: folder, detail: "there is something in it already")
    }
    let partial = target + ".cordon-partial"
    try Folder.remove(partial)
    do {
      try Folder.make(partial)
      try writeWeights(form, to: partial)
      try writeCompanions(form, to: partial)
      try LanguageModel.write(configuration.bytes, to: "\(partial)/config.json")
      try Folder.rename(partial, to: target)
    } catch {
      try? Folder.remove(partial)
      throw error
    }
  }

  private func settings(_ form: CheckpointForm) throws -> ModelConfiguration {
    let begin = form.beginToken ?? source?.configuration.beginToken
    let ends =
      form.endTokens.isEmpty ? source?.configuration.endTokens ?? [] : form.endTokens
    for token in [begin].compactMap(\.self) + ends {
      guard token >= 0, Int(token) < shape.vocabulary else {
        throw ModelInputError.token(token, vocabulary: shape.vocabulary)
      }
    }
    return try ModelConfiguration(shape, beginToken: begin, endTokens: ends, type: form.type)
  }

  /// The parameters of each shard, in the order of the computation.
  private func shards(_ form: CheckpointForm) -> [[ParameterLayout.Parameter]] {
    var shards: [[ParameterLayout.Parameter]] = []
    var size: Int64 = 0
    for parameter in layout.parameters {
      let bytes = Int64(parameter.shape.reduce(form.type.width, *))
      if shards.isEmpty || size + bytes > form.shardLimit {
        shards.append([])
        size = 0
      }
      shards[shards.count - 1].append(parameter)
      size += bytes
    }
    return shards
  }

  private func writeWeights(_ form: CheckpointForm, to folder: String) throws {
    let shards = shards(form)
    func number(_ value: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    let names = shards.indices.map {
      shards.count == 1
        ? Checkpoint.single
        : "model-\(number($0 + 1))-of-\(number(shards.count)).safetensors"
    }
    for (name, parameters) in zip(names, shards) {
      try SafetensorsWriter.write(
        parameters.map { ($0.name, $0.shape, UnsafePointer(weights.base + $0.place.offset)) },
        as: form.type, to: "\(folder)/\(name)")
    }
    guard shards.count > 1 else { return }
    var index = JSONText()
    index.object { index in
      index.object("metadata") { $0.member("total_size", layout.elements * form.type.width) }
      index.object("weight_map") { index in
        for (name, parameters) in zip(names, shards) {
          for parameter in parameters { index.member(parameter.name, name) }
        }
      }
    }
    try LanguageModel.write(index.bytes, to: "\(folder)/\(Checkpoint.indexName)")
  }

  /// The tokenizer, or what stood beside the weights that were loaded.
  private func writeCompanions(_ form: CheckpointForm, to folder: String) throws {
    if let tokenizer = form.tokenizer {
      try LanguageModel.write(tokenizer, to: "\(folder)/tokenizer.json")
      // Without it transformers makes the tokenizer of the architecture's first model of it.
      var settings = JSONText()
      settings.object { $0.member("tokenizer_class", "PreTrainedTokenizerFast") }
      return try LanguageModel.write(settings.bytes, to: "\(folder)/tokenizer_config.json")
    }
    guard let source else { return }
    for name in LanguageModel.companions {
      let from = "\(source.checkpoint.folder)/\(name)"
      guard Folder.exists(from) else { continue }
      try LanguageModel.write(try FileSource.contents(of: from), to: "\(folder)/\(name)")
    }
  }

  private static func withoutSlashes(_ folder: String) -> String {
    var folder = folder
    while folder.utf8.count > 1, folder.utf8.last == UInt8(ascii: "/") { folder.removeLast() }
    return folder
  }
}
