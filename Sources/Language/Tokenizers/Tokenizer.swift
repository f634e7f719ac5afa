internal import Streams
internal import Synchronization

/// A tokenizer as Hugging Face writes it in `tokenizer.json`: byte-pair encoding, by bytes with the
/// pre-tokenizers of GPT-2, GPT-NeoX, Llama 3 and Qwen2, or by characters with byte fallback.
///
/// The tokens are those of Hugging Face `tokenizers` 0.23.3. Bytes that are not UTF-8, which that
/// library does not take, are characters that are neither letter, number nor space; byte-level
/// encoding loses nothing of them, but where a vocabulary lacks the bytes that UTF-8 never has
/// (GPT-NeoX): those become U+FFFD. `truncation` and `padding` of the file are not applied: they
/// concern batches.
///
/// One tokenizer serves any number of tasks at once; the answers do not depend on them.
public final class Tokenizer: Sendable {
  /// The file that it was read from, or what stands for it.
  public let path: String
  /// One more than the largest id: the rows that an embedding needs.
  public let vocabularySize: Int
  /// Whether each word's bytes are the symbols, so that every byte string has its tokens.
  public var isByteLevel: Bool { preTokenizer.isByteLevel }

  let model: BPEModel
  let normalizer: Normalizer
  let preTokenizer: PreTokenizer
  let template: SpecialTemplate
  let added: [AddedToken]
  let bytes: TokenBytes
  private let rawTokens: TokenTrie
  private let normalizedTokens: TokenTrie
  private let special: [Bool]
  private let idle = Mutex<[IdleEncoder]>([])

  /// Holds an encoder that nobody uses.
  private final class IdleEncoder: @unchecked Sendable {
    // Unchecked: whoever takes it from the list is alone with it.
    var encoder: WordEncoder

    init(_ encoder: consuming WordEncoder) {
      self.encoder = encoder
    }
  }

  /// The largest file that is read, in bytes.
  public static let sizeLimit = 64 << 20

  /// Reads a `tokenizer.json`.
  ///
  /// - Throws: `StreamsError` where the file cannot be read, ``TokenizerError`` with the key where
  ///   it is broken or asks for something that is not built here.
  public convenience init(path: String) throws {
    try self.init(
      json: FileSource.contents(of: path, limit: Tokenizer.sizeLimit), path: path)
  }

  /// Reads the text of a `tokenizer.json`, which errors call `path`.
  ///
  /// - Throws: ``TokenizerError`` with the key.
  public init(json: [UInt8], path: String) throws {
    let root = try JSONDocument(json, path: path).root
    self.path = path
    preTokenizer = try PreTokenizer(try root.optional("pre_tokenizer"))
    normalizer = try Normalizer(try root.optional("normalizer"))
    var model = try BPEModel(
      try root.required("model"), byteLevel: preTokenizer.isByteLevel)
    added = try Tokenizer.addedTokens(try root.optional("added_tokens"), &model)
    let largest = (0..<model.texts.count).lazy.map { model.texts.value($0) }.max() ?? -1
    vocabularySize = Int(largest) + 1
    template = try SpecialTemplate(try root.optional("post_processor"), limit: vocabularySize)
    bytes = try TokenBytes(
      decoder: try root.optional("decoder"), preTokenizer: preTokenizer, texts: model.texts,
      added: added, count: vocabularySize)
    self.model = model
    rawTokens = TokenTrie(added.filter { !$0.normalized }.map { ($0.content, $0) })
    let normalizer = normalizer
    normalizedTokens = TokenTrie(
      added.filter(\.normalized).map { token in
        (token.content.withUnsafeBufferPointer(normalizer.normalized) ?? token.content, token)
      })
    var special = [Bool](repeating: false, count: vocabularySize)
    for token in added where token.special { special[Int(token.id)] = true }
    self.special = special
  }

  /// Reads `added_tokens` and gives those that the vocabulary lacks their place in it.
  private static func addedTokens(_ node: JSONNode?, _ model: inout BPEModel) throws
    -> [AddedToken]
  {
    guard let node else { return [] }
    let nodes = try node.elements()
    let limit = BPEModel.idLimit(count: model.texts.count + nodes.count)
    var taken = [Bool](repeating: false, count: limit)
    for index in 0..<model.texts.count { taken[Int(model.texts.value(index))] = true }
    var seen = Set<[UInt8]>()
    return try nodes.map { node in
      let token = try AddedToken(node, limit: limit)
      guard seen.insert(token.content).inserted else {
        throw node.error("the token stands twice", .inconsistent)
      }
      if let known = model.texts.value(of: token.content) {
        guard known == token.id else {
          throw node.error("the vocabulary gives it another id, \(known)", .inconsistent)
        }
        return token
      }
      guard !taken[Int(token.id)] else {
        throw node.error("another token has id \(token.id) too", .inconsistent)
      }
      taken[Int(token.id)] = true
      _ = token.content.withUnsafeBufferPointer { model.texts.insert($0, token.id) }
      return token
    }
  }

  // MARK: - Encoding

  /// The tokens of a text.
  ///
  /// Added tokens that stand in the text are found there, also special ones: whoever encodes words
  /// of strangers for a chat knows that.
  ///
  /// - Parameters:
  ///   - text: UTF-8, or any bytes.
  ///   - addingSpecial: puts the tokens of the file's template (such as a start token) around it.
  /// - Precondition: a text has fewer than 2^30 bytes.
  public func encode(_ text: UnsafeRawBufferPointer, addingSpecial: Bool = true) -> [Int32] {
    precondition(text.count < 1 << 30, "a text has fewer than 2^30 bytes")
    let idle = idle.withLock { $0.popLast() }
    let box = idle ?? IdleEncoder(WordEncoder(model: model, preTokenizer: preTokenizer))
    let tokens = text.withMemoryRebound(to: UInt8.self) { bytes in
      if let replaced = model.replacingStrays(bytes) {
        return replaced.withUnsafeBufferPointer { encode($0, addingSpecial, &box.encoder) }
      }
      return encode(bytes, addingSpecial, &box.encoder)
    }
    self.idle.withLock { $0.append(box) }
    return tokens
  }

  /// The tokens of a text.
  public func encode(_ text: [UInt8], addingSpecial: Bool = true) -> [Int32] {
    text.withUnsafeBytes { encode($0, addingSpecial: addingSpecial) }
  }

  /// The tokens of a text.
  public func encode(_ text: String, addingSpecial: Bool = true) -> [Int32] {
    encode(Array(text.utf8), addingSpecial: addingSpecial)
  }

  private func encode(
    _ text: UnsafeBufferPointer<UInt8>, _ addingSpecial: Bool, _ encoder: inout WordEncoder
  ) -> [Int32] {
    if addingSpecial { template.prefix.forEach { encoder.append($0) } }
    rawTokens.split(text) { id, range in
      if let id { return encoder.append(id) }
      let piece = UnsafeBufferPointer(rebasing: text[range])
      if let normalized = normalizer.normalized(piece) {
        normalized.withUnsafeBufferPointer {
          encode($0, atStart: range.lowerBound == 0, &encoder)
        }
      } else {
        encode(piece, atStart: range.lowerBound == 0, &encoder)
      }
    }
    if addingSpecial { template.suffix.forEach { encoder.append($0) } }
    return encoder.take()
  }

  /// Adds the tokens of a normalised text without raw added tokens.
  private func encode(
    _ text: UnsafeBufferPointer<UInt8>, atStart: Bool, _ encoder: inout WordEncoder
  ) {
    normalizedTokens.split(text) { id, range in
      if let id { return encoder.append(id) }
      let piece = UnsafeBufferPointer(rebasing: text[range])
      guard preTokenizer.prefix != .never || preTokenizer.isMetaspace else {
        return encoder.encode(piece)
      }
      let first = atStart && range.lowerBound == 0
      preTokenizer.prefixed(piece, isFirst: first).withUnsafeBufferPointer { encoder.encode($0) }
    }
  }

  // MARK: - Vocabulary

  /// The id of a token by its text in the file; nil where there is none.
  public func id(of token: String) -> Int32? {
    model.texts.value(of: Array(token.utf8))
  }

  /// Whether an id is a special token's.
  public func isSpecial(_ id: Int32) -> Bool {
    id >= 0 && id < special.count && special[Int(id)]
  }
}

extension PreTokenizer {
  /// The text with spaces as U+2581 and with a space (or U+2581) in front, where that is asked.
  func prefixed(_ text: UnsafeBufferPointer<UInt8>, isFirst: Bool) -> [UInt8] {
    let space = Array((isMetaspace ? "\u{2581}" : " ").utf8)
    var result: [UInt8] = []
    result.reserveCapacity(text.count + 3)
    if isMetaspace {
      for byte in text {
        if byte == UInt8(ascii: " ") { result += space } else { result.append(byte) }
      }
    } else {
      result += text
    }
    let wanted = prefix == .always || prefix == .first && isFirst
    return wanted && !result.starts(with: space) ? space + result : result
  }
}
