extension Tokenizer {
  /// The tokens of a prompt and of its response, without special ones.
  ///
  /// Both texts are tokenized apart, so that no token reaches over their boundary and the prompt
  /// has the tokens that it has when it is alone. A tokenizer that would put a space before the
  /// response (SentencePiece's) gets both as one text, and the response begins behind as many
  /// tokens as the prompt alone has, white space at the prompt's end being the response's (the
  /// rule of lm-eval).
  ///
  /// - Precondition: the response has a byte.
  public func encode(
    prompt: [UInt8], response: [UInt8]
  ) -> (prompt: [Int32], response: [Int32]) {
    precondition(!response.isEmpty, "a response")
    if splitsAnywhere {
      return (encode(prompt, addingSpecial: false), encode(response, addingSpecial: false))
    }
    let white = prompt.reversed().prefix { $0 == 0x20 || (0x09...0x0D).contains($0) }.count
    let alone = encode(Array(prompt.dropLast(white)), addingSpecial: false).count
    let whole = encode(prompt + response, addingSpecial: false)
    let cut = max(min(alone, whole.count - 1), 0)
    return (Array(whole[..<cut]), Array(whole[cut...]))
  }

  /// Whether a text has the same tokens wherever it stands.
  private var splitsAnywhere: Bool {
    isByteLevel && decode(encode("a", addingSpecial: false)) == Array("a".utf8)
  }
}
