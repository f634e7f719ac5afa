public import Language
public import Streams

/// Makes documents to tokens, with what is scored.
///
/// - A text: the tokenizer's prefix (a start token), the text, the tokenizer's suffix, the end
///   token where the suffix did not end with it. Everything is scored but what a mask covers; a
///   token that a masked byte is part of is masked whole.
/// - A prompt with its response: the prefix, the prompt, the response, suffix and end token. The
///   response and what follows it are scored. They are cut from each other as
///   `Tokenizer.encode(prompt:response:)` says.
/// - A question with its answer: `Question: …`, a line feed and `Answer:` are the prompt, a space
///   and the answer the response.
///
/// Added tokens that stand in a text are found there, as Hugging Face does.
public struct DocumentEncoder: Sendable {
  /// Special tokens that usually end a document, the first one known counts: of GPT-2, NeoX and the
  /// tokenizers trained here; of Llama 3; of Llama 2.
  public static let usualEnds = ["<|endoftext|>", "<|end_of_text|>", "</s>"]

  /// The tokenizer.
  public let tokenizer: Tokenizer
  /// The token behind each document; nil for none.
  public let end: Int32?
  private let prefix: [Int32]
  private let suffix: [Int32]

  /// An encoder.
  ///
  /// - Parameters:
  ///   - tokenizer: the tokenizer.
  ///   - end: the token behind each document; nil for none.
  public init(_ tokenizer: Tokenizer, end: Int32?) {
    self.tokenizer = tokenizer
    self.end = end
    let specials = tokenizer.encode([UInt8](), addingSpecial: true)
    let plain = tokenizer.encode("a", addingSpecial: false)
    let whole = tokenizer.encode("a", addingSpecial: true)
    let split =
      (0...specials.count).first { Array(specials[..<$0]) + plain + specials[$0...] == whole } ?? 0
    prefix = Array(specials[..<split])
    suffix = Array(specials[split...])
  }

  /// The encoder of a model's own documents, which end as its `config.json` says; nil where that
  /// names no end.
  ///
  /// - Throws: ``TrainingDataError`` where the tokenizer lacks the token, `CheckpointError` for the
  ///   settings.
  package init?(_ tokenizer: Tokenizer, ofModel folder: String) throws {
    guard let end = try ModelConfiguration(folder: folder).endTokens.first else { return nil }
    guard Int(end) < tokenizer.vocabularySize else {
      throw TrainingDataError(
        .tokenizer, tokenizer.path, "has no token \(end), which config.json ends texts with")
    }
    self.init(tokenizer, end: end)
  }

  /// The end token of a tokenizer: the one with this name, or the first usual one that it has.
  ///
  /// - Throws: ``TrainingDataError`` where a name is given that the tokenizer does not have.
  public static func end(
    named name: String?, of tokenizer: Tokenizer
  ) throws(TrainingDataError) -> Int32? {
    guard let name else {
      return usualEnds.lazy.compactMap { tokenizer.id(of: $0) }.first { tokenizer.isSpecial($0) }
    }
    guard let id = tokenizer.id(of: name) else {
      throw TrainingDataError(
        .tokenizer, tokenizer.path, "has no token \(name), which the plan ends documents with")
    }
    return id
  }

  /// A text.
  ///
  /// - Parameters:
  ///   - text: UTF-8.
  ///   - masked: ranges of its bytes that are not scored.
  ///   - digest: the SHA-256 that names the document.
  /// - Throws: ``TrainingDataError`` where there is a mask and the tokenizer does not keep the
  ///   bytes of the text.
  /// - Precondition: the ranges lie in the text.
  public func document(
    text: UnsafeRawBufferPointer, masked: [Range<Int>] = [], digest: Digest256
  ) throws(TrainingDataError) -> TokenizedDocument {
    guard text.count > 0 else { return nothing(digest) }
    let plain = tokenizer.encode(text, addingSpecial: false)
    var scored = [Bool](repeating: true, count: plain.count)
    if masked.contains(where: { !$0.isEmpty }) {
      try mask(&scored, plain, of: text, masked)
    }
    return document(
      prefix + plain, Array(repeating: true, count: prefix.count) + scored, prompt: 0,
      bytes: text.count, digest)
  }

  /// A prompt with its response.
  ///
  /// - Parameters:
  ///   - prompt: UTF-8, not scored.
  ///   - response: UTF-8, scored. Without a byte the document is empty.
  ///   - digest: the SHA-256 that names the document.
  public func document(
    prompt: [UInt8], response: [UInt8], digest: Digest256
  ) -> TokenizedDocument {
    guard !response.isEmpty else { return nothing(digest) }
    let (context, continuation) = tokenizer.encode(prompt: prompt, response: response)
    let tokens = prefix + context + continuation
    let prompt = prefix.count + context.count
    return document(
      tokens, tokens.indices.map { $0 >= prompt }, prompt: prompt, bytes: response.count, digest)
  }

  /// A question with its answer, in the usual form.
  ///
  /// - Parameters:
  ///   - question: UTF-8, not scored.
  ///   - answer: UTF-8, scored. Without a byte the document is empty.
  ///   - digest: the SHA-256 that names the document.
  public func document(
    question: [UInt8], answer: [UInt8], digest: Digest256
  ) -> TokenizedDocument {
    guard !answer.isEmpty else { return nothing(digest) }
    return document(
      prompt: Array("Question: ".utf8) + question + Array("\nAnswer:".utf8),
      response: [UInt8(ascii: " ")] + answer, digest: digest)
  }

  private func nothing(_ digest: Digest256) -> TokenizedDocument {
    TokenizedDocument(digest: digest, tokens: [], scored: [], byteCount: 0)
  }

  private func document(
    _ tokens: [Int32], _ scored: [Bool], prompt: Int, bytes: Int, _ digest: Digest256
  ) -> TokenizedDocument {
    var tokens = tokens + suffix
    if let end, suffix.last != end { tokens.append(end) }
    return TokenizedDocument(
      digest: digest, tokens: tokens,
      scored: scored + Array(repeating: true, count: tokens.count - scored.count),
      promptCount: prompt, byteCount: bytes)
  }

  private func mask(
    _ scored: inout [Bool], _ tokens: [Int32], of text: UnsafeRawBufferPointer,
    _ masked: [Range<Int>]
  ) throws(TrainingDataError) {
    var isMasked = [Bool](repeating: false, count: text.count)
    for range in masked {
      precondition(range.lowerBound >= 0 && range.upperBound <= text.count, "a part of the text")
      for place in range { isMasked[place] = true }
    }
    var place = 0
    for (index, token) in tokens.enumerated() {
      let bytes = tokenizer.decode([token])
      let range = place..<place + bytes.count
      guard range.upperBound <= text.count, bytes.elementsEqual(text[range]) else {
        throw TrainingDataError(
          .tokenizer, tokenizer.path,
          "does not keep the bytes of a text, which a mask needs; use a byte-level tokenizer")
      }
      if isMasked[range].contains(true) { scored[index] = false }
      place = range.upperBound
    }
  }
}
