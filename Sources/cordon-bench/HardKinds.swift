import Streams

/// One text, again and again.
struct RepeatedText: LongKind {
  private let vocabulary: InventedWords
  private let start: SplitMix64

  init(seed: UInt64) {
    vocabulary = InventedWords(seed: seed)
    start = SplitMix64(seed: seed, name: "repeated text")
  }

  func draw(_ index: Int, into text: inout DocumentText) -> Kinship {
    var random = start
    vocabulary.append(40, to: &text, &random)
    text.trim()
    return index == 0 ? .original : .exactCopy
  }
}

/// Texts of 30 words that have nothing but words in common.
struct DistinctTexts: LongKind {
  private let vocabulary: InventedWords
  private var random: SplitMix64

  init(seed: UInt64) {
    vocabulary = InventedWords(seed: seed)
    random = SplitMix64(seed: seed, name: "distinct texts")
  }

  mutating func draw(_ index: Int, into text: inout DocumentText) -> Kinship {
    vocabulary.append(29, to: &text, &random)
    text.append(wordOf: index)
    return .original
  }
}

/// Texts without a word: empty ones and other fixed ones, and signs that are different every time.
/// No two of them are near, since nothing is near to a text without a word; the fixed ones are
/// exact copies.
struct WordlessTexts: LongKind {
  private static let fixed = [
    "", " ", "...", "?!", "--- *** ---", #"\n\n"#, "\u{2014}", #"$ %\t&"#,
  ]
  private static let signs = Array("!?.,;:-*".utf8)

  func draw(_ index: Int, into text: inout DocumentText) -> Kinship {
    if index % 2 == 0 {
      let turn = index / 2
      text.append(WordlessTexts.fixed[turn % WordlessTexts.fixed.count])
      return turn < WordlessTexts.fixed.count ? .original : .exactCopy
    }
    text.append("# ")
    var rest = index
    repeat {
      let sign = WordlessTexts.signs[rest % WordlessTexts.signs.count]
      text.append(cell: UInt64(sign), count: 1)
      rest /= WordlessTexts.signs.count
    } while rest > 0
    return .original
  }
}

/// Texts that share one long passage and are still not near: 20 shingles in common and 8 of their
/// own, a Jaccard similarity of 20 / 36 = 0.56 between any two.
///
/// The least hash of a text is one of the passage's with probability 20 / 28, so about a quarter of
/// all documents ((20/28)^4) have the same key in every band of four rows: buckets too large to
/// compare each with each. One document in 16 is a near copy (28 / 29) of the one before it, which
/// stands beside it in every bucket that both are in.
struct SharedPassage: LongKind {
  private static let passageWords = 24  // 20 shingles of five words
  private static let ownWords = 8

  private let vocabulary: InventedWords
  private let passage: SplitMix64
  private var random: SplitMix64
  /// The state before the own words of the document before this one.
  private var before: SplitMix64

  init(seed: UInt64) {
    vocabulary = InventedWords(seed: seed)
    passage = SplitMix64(seed: seed, name: "shared passage")
    random = SplitMix64(seed: seed, name: "own words")
    before = random
  }

  mutating func draw(_ index: Int, into text: inout DocumentText) -> Kinship {
    var passage = passage
    vocabulary.append(SharedPassage.passageWords, to: &text, &passage)
    if index % 16 == 15 {
      var again = before
      vocabulary.append(SharedPassage.ownWords, to: &text, &again)
      text.append(wordOf: index)
      return .nearCopy
    }
    before = random
    vocabulary.append(SharedPassage.ownWords, to: &text, &random)
    text.trim()
    return .original
  }
}

/// Clusters of near copies, as a template makes them that is filled in again and again.
///
/// A template has 80 words (76 shingles); every later document of its cluster has one of them
/// replaced, which takes at most 5 shingles away and adds as many: at least 71 / 81 = 0.88 to the
/// template and 66 / 86 = 0.77 to another copy. The clusters take turns, so a cluster is spread
/// over the corpus. Every tenth template names two invented toxins at its end and its copies do not
/// (71 / 85 = 0.84): where a plan screens for them, its whole cluster stands in their light.
struct TemplateTexts: LongKind {
  private static let words = 80

  private let vocabulary: InventedWords
  private let seed: UInt64
  private let clusters: Int

  /// - Parameter copies: documents of a cluster, the template included.
  init(seed: UInt64, documents: Int, copies: Int) {
    vocabulary = InventedWords(seed: seed)
    self.seed = seed
    clusters = max(1, documents / copies)
  }

  func draw(_ index: Int, into text: inout DocumentText) -> Kinship {
    let cluster = index % clusters
    var random = SplitMix64(seed: seed &+ UInt64(cluster), name: "template")
    if index < clusters {
      vocabulary.append(TemplateTexts.words, to: &text, &random)
      guard cluster % 10 == 9 else {
        text.trim()
        return .original
      }
      text.append("veltrin sulfoxide quessane")
      return .hazard
    }
    var choice = SplitMix64(seed: seed &+ UInt64(index), name: "copy of a template")
    let place = choice.below(TemplateTexts.words)
    vocabulary.append(place, to: &text, &random)
    _ = random.below(InventedWords.count)  // the word that is replaced
    text.append(wordOf: index)
    text.append(" ")
    vocabulary.append(TemplateTexts.words - place - 1, to: &text, &random)
    text.trim()
    return .nearCopy
  }
}
