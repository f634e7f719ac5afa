/// What each Unicode scalar is to a word, and its lower case in UTF-8; pages are made when they are
/// first met.
///
/// Not shared: every thread has its own, so that no lock stands in the loop.
final class WordScalars {
  /// The kinds of scalars, in the order of ``kind(of:)``'s numbers.
  enum Kind {
    /// Not in any word.
    static let none: UInt64 = 0
    /// A letter or number (L, N), or U+005F: goes on with the word before it.
    static let spaced: UInt64 = 1
    /// A letter or number of a script without spaces: a word of its own.
    static let unspaced: UInt64 = 2
    /// A mark (M): belongs to the word before it.
    static let mark: UInt64 = 3
  }

  /// An entry: the lower case's UTF-8 bytes, the first in bits 0 to 7; their number in bits 32 to
  /// 39; the kind from bit 40.
  typealias Entry = UInt64

  // Up to the largest value that four bytes spell, so that no input reads beyond it.
  private static let pageCount = 0x20_0000 >> 8
  private let pages = UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>.allocate(
    capacity: WordScalars.pageCount)

  init() {
    pages.initialize(repeating: nil, count: WordScalars.pageCount)
  }

  deinit {
    for page in 0..<WordScalars.pageCount { pages[page]?.deallocate() }
    pages.deallocate()
  }

  /// The entry of a value below 0x20_0000.
  @inline(__always)
  func entry(_ value: UInt32) -> Entry {
    let page = Int(value >> 8)
    if let entries = pages[page] { return entries[Int(value & 0xFF)] }
    return make(page)[Int(value & 0xFF)]
  }

  @inline(never)
  private func make(_ page: Int) -> UnsafeMutablePointer<Entry> {
    let entries = UnsafeMutablePointer<Entry>.allocate(capacity: 256)
    for index in 0..<256 {
      let scalar = Unicode.Scalar(UInt32(page << 8 | index))
      (entries + index).initialize(to: scalar.map(WordScalars.entry(of:)) ?? 0)
    }
    pages[page] = entries
    return entries
  }

  private static func entry(of scalar: Unicode.Scalar) -> Entry {
    let kind = kind(of: scalar)
    guard kind != Kind.none else { return 0 }
    var bytes: UInt64 = 0
    var count: UInt64 = 0
    if scalar.isASCII {
      // As ``WordHash`` lower-cases: the underscore becomes 0x7F.
      bytes = UInt64(scalar.value | 0x20)
      count = 1
    } else {
      for byte in UTF8.encode(simpleLowerCase(of: scalar)).unsafelyUnwrapped {
        bytes |= UInt64(byte) << (8 * count)
        count += 1
      }
    }
    return bytes | count << 32 | kind << 40
  }

  /// The simple lower-case mapping of UnicodeData.txt. The standard library has the full one, which
  /// differs for U+0130 alone: it adds U+0307 to the "i" (SpecialCasing.txt).
  private static func simpleLowerCase(of scalar: Unicode.Scalar) -> Unicode.Scalar {
    guard scalar.properties.changesWhenLowercased else { return scalar }
    return scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
  }

  private static func kind(of scalar: Unicode.Scalar) -> UInt64 {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber:
      isUnspaced(scalar.value) ? Kind.unspaced : Kind.spaced
    case .nonspacingMark, .spacingMark, .enclosingMark: Kind.mark
    default: scalar == "_" ? Kind.spaced : Kind.none
    }
  }

  /// Scripts written without spaces between words: Han with Bopomofo, Hiragana, Katakana, Thai,
  /// Lao, Myanmar, Khmer (Blocks.txt); the list of Screening's word characters.
  private static func isUnspaced(_ value: UInt32) -> Bool {
    switch value {
    case 0x0E00...0x0EFF,  // Thai, Lao
      0x1000...0x109F, 0xA9E0...0xA9FF, 0xAA60...0xAA7F, 0x116D0...0x116FF,  // Myanmar
      0x1780...0x17FF, 0x19E0...0x19FF,  // Khmer
      0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x3029, 0x3031...0x303C,  // Han
      0x3040...0x312F, 0x31A0...0x31BF, 0x31F0...0x31FF,  // kana, Bopomofo
      0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF,  // Han
      0xFF66...0xFF9F,  // halfwidth Katakana
      0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,  // Tangut, Khitan, Nushu, kana
      0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
