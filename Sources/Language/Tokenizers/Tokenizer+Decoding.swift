extension Tokenizer {
  /// The bytes that tokens stand for; UTF-8 where the tokens came from UTF-8 and are whole.
  ///
  /// An id that is no token (an embedding may have rows for padding) stands for nothing. An added
  /// token stands for its content, also where Hugging Face reads that in the alphabet of bytes.
  ///
  /// - Parameter skippingSpecial: leaves special tokens out.
  public func decode(_ ids: [Int32], skippingSpecial: Bool = false) -> [UInt8] {
    var decoder = TokenDecoder(self, skippingSpecial: skippingSpecial)
    var text: [UInt8] = []
    for id in ids { decoder.append(id, to: &text) }
    return text
  }

  /// A decoder for tokens that come one by one.
  public func decoder(skippingSpecial: Bool = false) -> TokenDecoder {
    TokenDecoder(self, skippingSpecial: skippingSpecial)
  }
}

/// Decodes tokens one by one and holds back the bytes of a character that is not finished.
public struct TokenDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skippingSpecial: Bool
  private var leadingSpaces: Int
  private var held: [UInt8] = []

  init(_ tokenizer: Tokenizer, skippingSpecial: Bool) {
    self.tokenizer = tokenizer
    self.skippingSpecial = skippingSpecial
    leadingSpaces = tokenizer.bytes.leadingSpaces
  }

  /// Takes the next token.
  ///
  /// - Returns: the bytes that are whole characters now; at most three wait for more. What all
  ///   calls and ``finish()`` return is what `decode` returns.
  public mutating func next(_ id: Int32) -> [UInt8] {
    var text = held
    append(id, to: &text)
    let whole = text.count - UTF8Scalar.unfinished(text)
    held = Array(text[whole...])
    text.removeSubrange(whole...)
    return text
  }

  /// The bytes that still wait: of a character whose rest never came.
  public mutating func finish() -> [UInt8] {
    defer { held = [] }
    return held
  }

  /// Appends the bytes of a token.
  mutating func append(_ id: Int32, to text: inout [UInt8]) {
    if skippingSpecial, tokenizer.isSpecial(id) { return }
    var bytes = tokenizer.bytes.bytes(of: id)
    while leadingSpaces > 0, let first = bytes.first {
      if first != UInt8(ascii: " ") {
        leadingSpaces = 0
        break
      }
      bytes = bytes.dropFirst()
      leadingSpaces -= 1
    }
    text += bytes
  }
}
