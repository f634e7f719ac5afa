internal import Corpus

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
      UnspacedScripts.contains(scalar) ? Kind.unspaced : Kind.spaced
    case .nonspacingMark, .spacingMark, .enclosingMark: Kind.mark
    default: scalar == "_" ? Kind.spaced : Kind.none
    }
  }
}
