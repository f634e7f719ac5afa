internal import Foundation

/// NFKC_Casefold of single scalars: the mapping of UAX #44 (`NFKC_CF`) and Unicode 3.13, R5.
///
/// Compatibility forms become plain ones (fullwidth, ligatures, superscripts), case is folded in
/// full (`ß` becomes `ss`), and default-ignorable code points (soft hyphen, zero-width joiners,
/// variation selectors) disappear. ScreeningTests holds it against Python's `unicodedata`.
enum CaseFolding {
  /// What the scalar becomes; nil where it stays itself.
  static func mapping(of scalar: Unicode.Scalar) -> String? {
    guard scalar.properties.changesWhenNFKCCaseFolded else { return nil }
    if let newer = mappingOfNewerScalar(scalar) { return newer }
    var text = String(Character(scalar))
    // A fixed point, because the steps feed one another: `㎐` gives `Hz`, which has case.
    for _ in 0..<8 {
      let next = step(text)
      if next.unicodeScalars.elementsEqual(text.unicodeScalars) { return next }
      text = next
    }
    return text
  }

  private static func step(_ text: String) -> String {
    var folded = String.UnicodeScalarView()
    for scalar in text.precomposedStringWithCompatibilityMapping.unicodeScalars
    where !scalar.properties.isDefaultIgnorableCodePoint {
      folded.append(contentsOf: caseFolded(scalar).unicodeScalars)
    }
    return String(folded).precomposedStringWithCompatibilityMapping
  }

  /// Full case folding (CaseFolding.txt, C and F), which is lower case of upper case, but for:
  /// dotless i, whose upper case is a plain I, and Cherokee, whose folded form is its upper case.
  private static func caseFolded(_ scalar: Unicode.Scalar) -> String {
    switch scalar.value {
    case 0x131, 0x13A0...0x13F5:
      return String(Character(scalar))
    case 0x13F8...0x13FD, 0xAB70...0xABBF:
      return scalar.properties.uppercaseMapping
    default:
      var lower = ""
      for upper in scalar.properties.uppercaseMapping.unicodeScalars {
        lower += upper.properties.lowercaseMapping
      }
      return lower
    }
  }

  /// Compatibility mappings of Unicode 16 and 17, which the standard library knows of
  /// (`changesWhenNFKCCaseFolded`) and Foundation's tables do not contain yet.
  private static func mappingOfNewerScalar(_ scalar: Unicode.Scalar) -> String? {
    func letter(_ first: Unicode.Scalar, _ offset: UInt32) -> String? {
      Unicode.Scalar(first.value + offset).map { String(Character($0)) }
    }
    switch scalar.value {
    case 0x1CCD6...0x1CCEF: return letter("a", scalar.value - 0x1CCD6)  // outlined letters
    case 0x1CCF0...0x1CCF9: return letter("0", scalar.value - 0x1CCF0)  // outlined digits
    case 0xA7F1: return "s"  // modifier letter capital S
    default: return nil
    }
  }

  /// Canonical composition (NFC) of scalars that are folded one by one.
  static func composed(_ scalars: String.UnicodeScalarView) -> String {
    let composed = String(scalars).precomposedStringWithCanonicalMapping
    // Foundation leaves a Hangul syllable apart from a final consonant that follows it.
    var closed = String.UnicodeScalarView()
    for scalar in composed.unicodeScalars {
      if let last = closed.last, let syllable = hangulSyllable(last, scalar) {
        closed.removeLast()
        closed.append(syllable)
      } else {
        closed.append(scalar)
      }
    }
    return String(closed)
  }

  /// The syllable that an open syllable and a final consonant make (Unicode 3.12).
  private static func hangulSyllable(
    _ open: Unicode.Scalar, _ final: Unicode.Scalar
  ) -> Unicode.Scalar? {
    guard (0xAC00...0xD7A3).contains(open.value), (open.value - 0xAC00) % 28 == 0,
      (0x11A8...0x11C2).contains(final.value)
    else { return nil }
    return Unicode.Scalar(open.value + final.value - 0x11A7)
  }

  /// Whether the scalar may combine with, or move before, what precedes it: its combining class is
  /// not zero, or its NFC_Quick_Check is Maybe (DerivedNormalizationProps.txt).
  static func combines(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x300 { return false }
    if scalar.properties.canonicalCombiningClass != .notReordered { return true }
    return startersThatCompose.contains { $0.contains(scalar.value) }
  }

  /// Scalars of combining class zero that stand second in a canonical composition.
  private static let startersThatCompose: [ClosedRange<UInt32>] = [
    0x09BE...0x09BE, 0x09D7...0x09D7, 0x0B3E...0x0B3E, 0x0B56...0x0B57, 0x0BBE...0x0BBE,
    0x0BD7...0x0BD7, 0x0CC2...0x0CC2, 0x0CD5...0x0CD6, 0x0D3E...0x0D3E, 0x0D57...0x0D57,
    0x0DCF...0x0DCF, 0x0DDF...0x0DDF, 0x102E...0x102E, 0x1160...0x1175, 0x11A8...0x11C2,
    0x1B35...0x1B35, 0x1133E...0x1133E, 0x11357...0x11357, 0x113B8...0x113B8,
    0x113BB...0x113BB, 0x113C2...0x113C2, 0x113C5...0x113C5, 0x113C7...0x113C9,
    0x114B0...0x114B0, 0x114BA...0x114BA, 0x114BD...0x114BD, 0x115AF...0x115AF,
    0x1611E...0x16129, 0x11930...0x11930, 0x16D67...0x16D68,
  ]
}
