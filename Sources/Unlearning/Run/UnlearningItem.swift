package import Streams
internal import Tensors
package import Training

/// An item of a term as tokens: a sequence of its own, never packed with another.
package struct UnlearningItem: Sendable, Equatable {
  /// Tokens with a label for each, ``ignored`` where one does not count.
  package struct Text: Sendable, Equatable {
    var tokens: [Int32]
    var labels: [Int32]

    /// Tokens of which all are scored but the first, which nothing predicts.
    package init(tokens: [Int32]) { (self.tokens, labels) = (tokens, tokens) }

    init(_ document: TokenizedDocument) {
      tokens = document.tokens
      labels = zip(document.tokens, document.scored).map { $1 ? $0 : ignored }
    }

    /// Tokens that are predicted and scored.
    var scored: Int { labels.dropFirst().count { $0 != ignored } }
  }

  /// The SHA-256 of the document that it comes from.
  var digest: Digest256
  /// Where it stands.
  var place: ItemPlace
  /// What is learned from.
  var text: Text
  /// The same prompt with a given answer, for objectives that read both.
  var preferred: Text?

  /// An item.
  package init(digest: Digest256, place: ItemPlace, text: Text, preferred: Text? = nil) {
    (self.digest, self.place, self.text, self.preferred) = (digest, place, text, preferred)
  }

  /// All texts of the item.
  var texts: [Text] { [text] + (preferred.map { [$0] } ?? []) }
}

/// Sequences that go through the model together, filled up to the longest.
struct ItemBatch {
  /// T.
  let length: Int
  /// B·T tokens.
  let tokens: [Int32]
  /// B·T labels.
  let labels: [Int32]

  /// The texts of items: those of all items, then the preferred ones of all items.
  init(_ items: [UnlearningItem]) {
    let texts = items.map(\.text) + items.compactMap(\.preferred)
    let length = texts.map(\.tokens.count).max() ?? 0
    var (tokens, labels): ([Int32], [Int32]) = ([], [])
    tokens.reserveCapacity(texts.count * length)
    labels.reserveCapacity(texts.count * length)
    for text in texts {
      let fill = length - text.tokens.count
      // No token sees what stands behind it, and nothing of it is scored: any token will do.
      tokens += text.tokens + Array(repeating: 0, count: fill)
      labels += text.labels + Array(repeating: ignored, count: fill)
    }
    (self.length, self.tokens, self.labels) = (length, tokens, labels)
  }
}
