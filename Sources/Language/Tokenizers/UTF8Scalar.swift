/// UTF-8 (RFC 3629, Unicode table 3-7) read at a place, where bytes that are not UTF-8 are read as
/// scalars of their own: nothing is lost and nothing traps.
enum UTF8Scalar {
  /// The number of bytes of the scalar at `place`; 1 for a byte that begins no scalar.
  ///
  /// - Precondition: `0 <= place < count`, the number of bytes at `text`.
  @inline(__always)
  static func length(_ text: UnsafePointer<UInt8>, _ place: Int, _ count: Int) -> Int {
    decode(text, place, count).length
  }

  /// The scalar at `place` and its length; a byte that begins no scalar is (U+FFFD, 1).
  @inline(__always)
  static func decode(
    _ text: UnsafePointer<UInt8>, _ place: Int, _ count: Int
  ) -> (value: UInt32, length: Int) {
    let first = text[place]
    if first < 0x80 { return (UInt32(first), 1) }
    return decodeLong(text, place, count)
  }

  private static func decodeLong(
    _ text: UnsafePointer<UInt8>, _ place: Int, _ count: Int
  ) -> (value: UInt32, length: Int) {
    let first = text[place]
    let room = count - place
    guard first >= 0xC2, first <= 0xF4, room >= 2 else { return (0xFFFD, 1) }
    let second = text[place + 1]
    if first < 0xE0 {
      guard second & 0xC0 == 0x80 else { return (0xFFFD, 1) }
      return (UInt32(first & 0x1F) << 6 | UInt32(second & 0x3F), 2)
    }
    guard room >= 3, text[place + 2] & 0xC0 == 0x80 else { return (0xFFFD, 1) }
    let low = UInt32(second & 0x3F) << 6 | UInt32(text[place + 2] & 0x3F)
    if first < 0xF0 {
      let least: UInt8 = first == 0xE0 ? 0xA0 : 0x80
      let most: UInt8 = first == 0xED ? 0x9F : 0xBF
      guard second >= least, second <= most else { return (0xFFFD, 1) }
      return (UInt32(first & 0x0F) << 12 | low, 3)
    }
    let least: UInt8 = first == 0xF0 ? 0x90 : 0x80
    let most: UInt8 = first == 0xF4 ? 0x8F : 0xBF
    guard second >= least, second <= most, room >= 4, text[place + 3] & 0xC0 == 0x80 else {
      return (0xFFFD, 1)
    }
    return (UInt32(first & 0x07) << 18 | low << 6 | UInt32(text[place + 3] & 0x3F), 4)
  }

  /// How many bytes at the end of `text` begin a scalar that is not finished: 0 to 3.
  static func unfinished(_ text: [UInt8]) -> Int {
    for back in 1...3 where back <= text.count {
      let byte = text[text.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1
      guard needed > back, byte <= 0xF4 else { return 0 }
      return isPrefix(text[(text.count - back)...]) ? back : 0
    }
    return 0
  }

  /// Whether bytes of which the first begins a longer scalar can still become one.
  private static func isPrefix(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, bytes.count > 1 else { return true }
    let second = bytes[bytes.startIndex + 1]
    switch first {
    case 0xE0: return second >= 0xA0
    case 0xED: return second <= 0x9F
    case 0xF0: return second >= 0x90
    case 0xF4: return second <= 0x8F
    default: return true
    }
  }

  /// The start of the scalar that ends at `end`; a byte that ends no scalar stands alone.
  static func start(before end: Int, _ text: UnsafePointer<UInt8>) -> Int {
    for back in 1...4 where end - back >= 0 {
      let byte = text[end - back]
      if byte & 0xC0 == 0x80 { continue }
      return length(text, end - back, end) == back ? end - back : end - 1
    }
    return end - 1
  }
}
