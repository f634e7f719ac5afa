/// The tokens of words that were seen lately, in a fixed number of slots: most words of a text are
/// few. A word of at most 15 bytes and 7 tokens has one slot, where it displaces what stood there.
struct WordCache: ~Copyable {
  /// The longest word that is remembered, in bytes.
  static let wordLimit = 15
  /// The most tokens of a word that is remembered.
  static let tokenLimit = 7
  private static let bits: UInt64 = 14
  /// Bytes of a slot: the word's 15 and their count; the number of tokens; the tokens.
  private static let stride = 48

  private let slots: UnsafeMutableRawPointer

  init() {
    let size = WordCache.stride << Int(WordCache.bits)
    slots = .allocate(byteCount: size, alignment: 16)
    // All zero is the key of the empty word, which is never asked for.
    slots.initializeMemory(as: UInt8.self, repeating: 0, count: size)
  }

  deinit {
    slots.deallocate()
  }

  /// A word of 1 to 15 bytes in two numbers, with its length in the highest byte.
  @inline(__always)
  static func key(_ word: UnsafePointer<UInt8>, _ count: Int) -> (low: UInt64, high: UInt64) {
    let raw = UnsafeRawPointer(word)
    let length = UInt64(truncatingIfNeeded: count) << 56
    if count >= 8 {
      let low = raw.loadUnaligned(as: UInt64.self)
      let rest = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
      // Of the last eight bytes, those behind the first eight; none for a count of 8.
      let high = count == 8 ? 0 : rest &>> UInt64(truncatingIfNeeded: (16 - count) * 8)
      return (low, high | length)
    }
    if count >= 4 {
      let low = UInt64(raw.loadUnaligned(as: UInt32.self))
      let rest = UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
      return (low | rest &<< UInt64(truncatingIfNeeded: (count - 4) * 8), length)
    }
    let first = UInt64(word[0])
    let middle = UInt64(word[count >> 1]) &<< UInt64(truncatingIfNeeded: (count >> 1) * 8)
    let last = UInt64(word[count - 1]) &<< UInt64(truncatingIfNeeded: (count - 1) * 8)
    return (first | middle | last, length)
  }

  /// The slot where a word stands or would stand.
  @inline(__always)
  func slot(_ key: (low: UInt64, high: UInt64)) -> UnsafeMutableRawPointer {
    let hash = TextTable.mix(key.low, key.high &* 0x9E37_79B9_7F4A_7C15)
    return slots + Int(truncatingIfNeeded: hash &>> (64 - WordCache.bits)) * WordCache.stride
  }

  /// Whether the slot holds this word.
  @inline(__always)
  static func holds(_ slot: UnsafeMutableRawPointer, _ key: (low: UInt64, high: UInt64)) -> Bool {
    slot.load(as: UInt64.self) == key.low
      && slot.load(fromByteOffset: 8, as: UInt64.self) == key.high
  }

  /// The tokens in a slot and how many they are.
  @inline(__always)
  static func tokens(_ slot: UnsafeMutableRawPointer) -> (UnsafePointer<Int32>, count: Int) {
    let ids = UnsafePointer((slot + 16).assumingMemoryBound(to: Int32.self))
    return (ids + 1, Int(ids[0]))
  }

  /// Puts a word with its tokens into its slot; too many tokens are not remembered.
  @inline(__always)
  static func store(
    _ slot: UnsafeMutableRawPointer, _ key: (low: UInt64, high: UInt64),
    _ ids: UnsafePointer<Int32>, _ count: Int
  ) {
    guard count <= tokenLimit else { return }
    slot.storeBytes(of: key.low, as: UInt64.self)
    slot.storeBytes(of: key.high, toByteOffset: 8, as: UInt64.self)
    let target = (slot + 16).assumingMemoryBound(to: Int32.self)
    target[0] = Int32(truncatingIfNeeded: count)
    for index in 0..<count { target[1 + index] = ids[index] }
  }
}
