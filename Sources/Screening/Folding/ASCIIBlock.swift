/// Thirty-two bytes at a time: the ASCII part of folding, in four words of eight bytes.
///
/// Words, because the standard library's byte vectors compile to a loop over lanes for all but the
/// comparisons (a hundredth of the speed, measured with Swift 6.3); the compiler makes vectors of
/// these four words by itself.
enum ASCIIBlock {
  /// Writes 32 bytes in lower case with white space as U+0020; returns the index of the first byte
  /// that is not ASCII or is white space followed by white space, 32 where there is none.
  ///
  /// Reads 33 bytes of `source`. What is written from the returned index on means nothing.
  @inline(__always)
  static func fold(_ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>) -> Int
  {
    let from = UnsafeRawPointer(source)
    let to = UnsafeMutableRawPointer(target)
    let a = Word(from.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
    let b = Word(from.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    let c = Word(from.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
    let d = Word(from.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
    to.storeBytes(of: a.folded, toByteOffset: 0, as: UInt64.self)
    to.storeBytes(of: b.folded, toByteOffset: 8, as: UInt64.self)
    to.storeBytes(of: c.folded, toByteOffset: 16, as: UInt64.self)
    to.storeBytes(of: d.folded, toByteOffset: 24, as: UInt64.self)
    let following: UInt64 = isASCIISpace(source[32]) ? 0x80 : 0
    let specialA = a.special(before: b.spaces)
    let specialB = b.special(before: c.spaces)
    let specialC = c.special(before: d.spaces)
    let specialD = d.special(before: following)
    if specialA | specialB | specialC | specialD == 0 { return 32 }
    if specialA != 0 { return specialA.trailingZeroBitCount / 8 }
    if specialB != 0 { return 8 + specialB.trailingZeroBitCount / 8 }
    if specialC != 0 { return 16 + specialC.trailingZeroBitCount / 8 }
    return 24 + specialD.trailingZeroBitCount / 8
  }

  /// Eight bytes, the first in the lowest bits. A condition on a byte is its highest bit.
  private struct Word {
    /// The bytes that are not ASCII.
    let beyond: UInt64
    /// The bytes that are ASCII white space.
    let spaces: UInt64
    /// The bytes in lower case, white space as U+0020.
    let folded: UInt64

    @inline(__always)
    init(_ bytes: UInt64) {
      let tops: UInt64 = 0x8080_8080_8080_8080
      let ones: UInt64 = 0x0101_0101_0101_0101
      let word = UInt64(littleEndian: bytes)
      // Seven bits and a constant below 0x80 do not carry into the next byte.
      let low = word & ~tops
      beyond = word & tops
      let upper = (low &+ ones &* (0x80 - 0x41)) & ~(low &+ ones &* (0x80 - 0x5B)) & tops
      let controls =
        (low &+ ones &* (0x80 - 0x09)) & ~(low &+ ones &* (0x80 - 0x0E)) & ~word & tops
      let blanks = ~((low ^ ones &* 0x20) &+ ones &* 0x7F) & ~word & tops
      spaces = controls | blanks
      // 0x80 per byte becomes 0xFF.
      let controlBytes = controls | (controls &- controls >> 7)
      let lower = (word | upper >> 2) & ~controlBytes | controls >> 2
      folded = UInt64(littleEndian: lower)
    }

    /// The bytes that the block cannot fold, given the white space of the next eight bytes.
    @inline(__always)
    func special(before next: UInt64) -> UInt64 {
      beyond | spaces & (spaces >> 8 | next << 56)
    }
  }
}
