/// Puts words together from scalars and hashes them.
///
/// Sixteen bytes of a word are kept in a vector of two; a word of any length takes no more.
struct WordWriter {
  /// Where the next word's hash goes.
  private(set) var out: UnsafeMutablePointer<UInt32>

  /// ``WordScalars/Kind/none`` between words, else the kind of the word that is open.
  private var open = WordScalars.Kind.none
  private var state: UInt64 = 0
  private var low: UInt64 = 0
  private var high: UInt64 = 0
  /// Bytes in `low` and `high`, 0...16.
  private var filled: UInt64 = 0

  /// A writer that is between words.
  init(_ out: UnsafeMutablePointer<UInt32>) {
    self.out = out
  }

  /// Takes the next scalar of the text in.
  @inline(__always)
  mutating func add(_ entry: WordScalars.Entry) {
    let kind = entry >> 40
    if kind == WordScalars.Kind.none {
      endWord()
      return
    }
    if kind != WordScalars.Kind.mark {
      // A letter goes on with a word of spaced letters only.
      if kind == WordScalars.Kind.unspaced || open != WordScalars.Kind.spaced { endWord() }
      open = kind
    } else if open == WordScalars.Kind.none {
      // A mark without a word before it begins one, which letters go on with.
      open = WordScalars.Kind.spaced
    }
    append(entry & 0xFFFF_FFFF, count: entry >> 32 & 0xFF)
  }

  /// Ends the word that is open, if one is.
  @inline(__always)
  mutating func endWord() {
    guard open != WordScalars.Kind.none else { return }
    out.pointee = WordHash.finish(WordHash.block(state, low, high))
    out += 1
    open = WordScalars.Kind.none
    (state, low, high, filled) = (0, 0, 0, 0)
  }

  /// Appends `count` bytes, 1 to 4, the first in the lowest bits.
  @inline(__always)
  private mutating func append(_ bytes: UInt64, count: UInt64) {
    if filled == 16 {
      state = WordHash.block(state, low, high)
      (low, high, filled) = (0, 0, 0)
    }
    // Shifts of 64 and more give zero, and negative ones shift the other way.
    let place = Int(filled) &* 8
    low |= bytes << place
    high |= bytes << (place &- 64)
    filled &+= count
    guard filled > 16 else { return }
    // The block is full: what did not fit begins the next.
    state = WordHash.block(state, low, high)
    filled &-= 16
    low = bytes >> (8 &* (count &- filled))
    high = 0
  }
}
