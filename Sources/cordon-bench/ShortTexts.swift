import Streams

/// Texts of 5 to 20 words: 3 % of the documents are exact copies of an earlier one, about
/// 5 % near copies.
///
/// What is copied is drawn from a sample of all originals so far (reservoir sampling: Vitter,
/// "Random Sampling with a Reservoir", ACM TOMS 11, 1985), so a copy may stand anywhere behind its
/// original: whoever compares the two has to look far.
struct ShortTexts: LongKind {
  private static let slots = 1 << 16
  /// Bytes of a slot: 20 words of at most 8.
  private static let slotSize = 160
  private static let words = 5...20
  /// Words of an original that has near copies. A copy has one word more: of n - 3 shingles the
  /// original has n - 4, and from 7 words on that is at least 3/4.
  private static let copiedWords = 7...19

  private let vocabulary: InventedWords
  private var random: SplitMix64
  private var sample = [UInt8](repeating: 0, count: ShortTexts.slots * ShortTexts.slotSize)
  private var lengths = [Int](repeating: 0, count: ShortTexts.slots)
  private var wordCounts = [Int](repeating: 0, count: ShortTexts.slots)
  private var originals = 0

  init(seed: UInt64) {
    vocabulary = InventedWords(seed: seed)
    random = SplitMix64(seed: seed, name: "short texts")
  }

  mutating func draw(_ index: Int, into text: inout DocumentText) -> Kinship {
    let chance = random.below(100)
    if chance < 9, originals > 0 {
      let slot = random.below(min(originals, ShortTexts.slots))
      if chance < 3 {
        append(slot, to: &text)
        return .exactCopy
      }
      if ShortTexts.copiedWords.contains(wordCounts[slot]) {
        append(slot, to: &text)
        text.append(" ")
        text.append(wordOf: index)
        return .nearCopy
      }
    }
    let count = random.within(ShortTexts.words)
    vocabulary.append(count, to: &text, &random)
    text.trim()
    remember(text.content, words: count)
    return .original
  }

  private func append(_ slot: Int, to text: inout DocumentText) {
    let first = slot * ShortTexts.slotSize
    sample.withUnsafeBytes { bytes in
      text.append(UnsafeRawBufferPointer(rebasing: bytes[first..<(first + lengths[slot])]))
    }
  }

  private mutating func remember(_ text: UnsafeRawBufferPointer, words: Int) {
    originals += 1
    let slot = originals <= ShortTexts.slots ? originals - 1 : random.below(originals)
    guard slot < ShortTexts.slots else { return }
    let first = slot * ShortTexts.slotSize
    sample.withUnsafeMutableBytes { bytes in
      UnsafeMutableRawBufferPointer(rebasing: bytes[first..<(first + text.count)])
        .copyMemory(from: text)
    }
    lengths[slot] = text.count
    wordCounts[slot] = words
  }
}
