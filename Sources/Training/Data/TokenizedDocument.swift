public import Streams

/// A document as tokens, with what a model is scored for.
public struct TokenizedDocument: Sendable, Equatable {
  /// The SHA-256 of its text, as a curation's decisions have it.
  public var digest: Digest256
  /// Its tokens; the first begins the document, and nothing predicts it.
  public var tokens: [Int32]
  /// Whether each token is scored when it is predicted.
  public var scored: [Bool]
  /// How many tokens at its start are context (a prompt), of which the first go where an item is
  /// too long.
  public var promptCount: Int
  /// The bytes of its texts.
  public var byteCount: Int

  /// A document.
  ///
  /// - Precondition: each token has its mark, and the prompt is a part of them.
  public init(
    digest: Digest256, tokens: [Int32], scored: [Bool], promptCount: Int = 0, byteCount: Int
  ) {
    precondition(tokens.count == scored.count, "a mark for each token")
    precondition((0...tokens.count).contains(promptCount), "a prompt is a part of the document")
    self.digest = digest
    self.tokens = tokens
    self.scored = scored
    self.promptCount = promptCount
    self.byteCount = byteCount
  }

  /// How many rows predict a token of it that is scored.
  public var targets: Int { scored.dropFirst().count { $0 } }

  /// The document without what does not fit into `limit` tokens, and how many tokens it lost.
  ///
  /// A prompt loses its beginning, but for its last token; what is still too long loses its end.
  ///
  /// - Precondition: the limit is at least 2.
  public func cut(to limit: Int) -> (document: TokenizedDocument, lost: Int) {
    precondition(limit >= 2, "a token and what it predicts")
    guard tokens.count > limit else { return (self, 0) }
    let rest = tokens.count - promptCount
    let prompt = min(promptCount, max(1, limit - rest))
    let range = promptCount - prompt..<min(promptCount - prompt + limit, tokens.count)
    let document = TokenizedDocument(
      digest: digest, tokens: Array(tokens[range]), scored: Array(scored[range]),
      promptCount: prompt, byteCount: byteCount)
    return (document, tokens.count - range.count)
  }

  /// Its words in a sequence.
  var words: [SequenceWord] {
    tokens.indices.map {
      SequenceWord(token: tokens[$0], beginsDocument: $0 == 0, isScored: scored[$0] && $0 > 0)
    }
  }
}
