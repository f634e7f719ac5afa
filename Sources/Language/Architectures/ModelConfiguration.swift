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
  /// The file as it stands, for writing it back.
  public let bytes: [UInt8]

  /// The longest file that is read.
  private static let limit = 1 << 20

  /// Reads `config.json` in `folder`.
  ///
  /// - Throws: ``CheckpointError`` naming the key, `StreamsError` where the file cannot be read.
  public init(folder: String) throws {
    let path = folder + "/config.json"
    try self.init(
      FileSource.contents(of: path, limit: ModelConfiguration.limit), path: path)
  }

  /// Reads the text of a `config.json`; `path` names it in errors.
  ///
  /// - Throws: ``CheckpointError`` naming the key.
  public init(_ bytes: [UInt8], path: String) throws {
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
      func tokens(_ key: String) throws -> [Int32] {
        guard let node = try root.optional(key) else { return [] }
        let nodes = node.kind == .array ? try node.elements() : [node]
        // Some published files name a token that the vocabulary does not have: it cannot come.
        return try nodes.map { try $0.whole() }.filter { (0..<shape.vocabulary).contains($0) }
          .map { Int32($0) }
      }
      return (type, shape, try tokens("bos_token_id").first, try tokens("eos_token_id"))
    }
  }
}
