internal import Foundation
internal import Streams

/// The `config.json` of a Hugging Face folder, in the form of transformers 4 or 5.
public struct ModelConfiguration: Sendable, Equatable {
  /// The architecture's `model_type`.
  public let modelType: String
  /// The decoder.
  public let shape: DecoderShape
  /// The token that begins a text, where the file names one.
  public let beginToken: Int32?
  /// The tokens that end a text.
  public let endTokens: [Int32]
  /// The tokens that end an answer, as transformers has it: those of `generation_config.json` where
  /// that file is there, also if it names none; else ``endTokens``.
  public let stopTokens: [Int32]
  /// The file as it stands, for writing it back.
  public let bytes: [UInt8]

  /// The longest file that is read.
  private static let limit = 1 << 20

  /// Reads `config.json` in `folder`, and `generation_config.json` where it is there.
  ///
  /// - Throws: ``CheckpointError`` naming the key, `StreamsError` where a file cannot be read.
  public init(folder: String) throws {
    func read(_ name: String) throws -> NamedBytes {
      let path = "\(folder)/\(name)"
      return (path, try FileSource.contents(of: path, limit: ModelConfiguration.limit))
    }
    let generation = "generation_config.json"
    let hasOwn = Folder.exists("\(folder)/\(generation)")
    try self.init(read("config.json"), generation: hasOwn ? read(generation) : nil)
  }

  /// Reads the text of a `config.json`; `path` names it in errors.
  ///
  /// - Throws: ``CheckpointError`` naming the key.
  public init(_ bytes: [UInt8], path: String) throws {
    try self.init((path, bytes), generation: nil)
  }

  private typealias NamedBytes = (path: String, bytes: [UInt8])

  private init(_ file: NamedBytes, generation: NamedBytes?) throws {
    let (path, bytes) = file
    self.bytes = bytes
    (modelType, shape, beginToken, endTokens) = try readingJSON {
      let root = try JSONDocument(bytes, path: path).root
      let type = try root.required("model_type").string()
      guard let architecture = Architecture.all.first(where: { $0.modelType == type }) else {
        let known = Architecture.all.map(\.modelType).joined(separator: ", ")
        throw root.unsupported("model_type", "is not one of \(known)")
      }
      if let names = try root.optional("architectures")?.elements() {
        guard try names.contains(where: { try $0.string() == architecture.className }) else {
          throw root.unsupported("architectures", "is not \(architecture.className)")
        }
      }
      guard try root.optional("quantization_config") == nil else {
        throw root.unsupported("quantization_config", "quantised weights are not read")
      }
      let shape = try architecture.shape(root)
      return (
        type, shape, try root.tokens("bos_token_id", below: shape.vocabulary).first,
        try root.tokens("eos_token_id", below: shape.vocabulary)
      )
    }
    guard let generation else {
      stopTokens = endTokens
      return
    }
    let vocabulary = shape.vocabulary
    stopTokens = try readingJSON {
      try JSONDocument(generation.bytes, path: generation.path).root
        .tokens("eos_token_id", below: vocabulary)
    }
  }
}

extension JSONNode {
  /// The token of a member, or its list of tokens.
  ///
  /// Some published files name a token that the vocabulary does not have: it cannot come.
  fileprivate func tokens(_ key: String, below vocabulary: Int) throws -> [Int32] {
    guard let node = try optional(key) else { return [] }
    let nodes = node.kind == .array ? try node.elements() : [node]
    return try nodes.map { try $0.whole() }.filter { (0..<vocabulary).contains($0) }
      .map { Int32($0) }
  }
}
