/// The 32-bit hash of a word: a function of its lower-cased UTF-8 bytes alone.
///
/// Sixteen bytes at a time are multiplied into 128 bits and folded (the scheme of wyhash). The last
/// block is filled with zero bytes; no word holds one, so the fill is unambiguous. An underscore
/// enters as 0x7F, which is `0x5F | 0x20`: one operation lower-cases every ASCII byte of a word,
/// and no word holds 0x7F. Each constant holds the byte 0xFF, which no UTF-8 does, so that no
/// factor of a word of up to 16 bytes is zero.
enum WordHash {
  /// Turns ASCII bytes of words into lower case.
  static let lowerCase: UInt64 = 0x2020_2020_2020_2020
  /// The bits of the bytes that are not ASCII.
  static let beyondASCII: UInt64 = 0x8080_8080_8080_8080

  /// Takes in 16 bytes; `state` is 0 before the first.
  @inline(__always)
  static func block(_ state: UInt64, _ low: UInt64, _ high: UInt64) -> UInt64 {
    fold(state ^ low ^ 0x8B72_E1A4_5D0C_93FF, high ^ 0xD6E8_FEB8_6659_FDFF)
  }

  /// The hash, once the last block was taken in.
  @inline(__always)
  static func finish(_ state: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: fold(state ^ 0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB))
  }

  /// The 128-bit product of two factors, its halves exclusive-ored.
  @inline(__always)
  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// Up to eight bytes, the first in the lowest bits; what is above them is zero.
  @inline(__always)
  static func load(_ bytes: UnsafeRawPointer) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
  }
}
