/// The classes of scalars that the pre-tokenizers' expressions name: `\p{L}`, `\p{N}`, `\s`.
///
/// They are those of Unicode 16.0, which Oniguruma has in Hugging Face `tokenizers` 0.23.3 and the
/// `regex` crate in tiktoken 0.14: a scalar that a later Unicode assigned (the Swift 6.3 library
/// knows 17.0) is none of them. `\s` is White_Space in both.
enum ScalarClass {
  /// Neither letter, number nor space; also a byte that is not UTF-8.
  static let other: UInt8 = 0
  /// General category L.
  static let letter: UInt8 = 1
  /// General category N.
  static let number: UInt8 = 2
  /// White_Space.
  static let space: UInt8 = 3

  /// Scalars from here on (planes 4 to 16) are in no class.
  static let tableCount = 0x40000

  /// The class of each scalar below ``tableCount``, made at the first use: 256 KiB, of which a text
  /// touches the pages of its scripts.
  static let table: [UInt8] = (0..<UInt32(tableCount)).map { value in
    Unicode.Scalar(value).map(classify) ?? other
  }

  /// The newest Unicode version whose assignments count.
  static let version = 16

  private static func classify(_ scalar: Unicode.Scalar) -> UInt8 {
    if let age = scalar.properties.age, age.major > version { return other }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      return letter
    case .decimalNumber, .letterNumber, .otherNumber:
      return number
    default:
      return scalar.properties.isWhitespace ? space : other
    }
  }

  /// `\w` of the `regex` crate: Alphabetic, M, Nd, Pc and Join_Control (UTS 18, annex C).
  static func isWord(_ value: UInt32) -> Bool {
    guard let scalar = Unicode.Scalar(value) else { return false }
    let properties = scalar.properties
    guard let age = properties.age, age.major <= version else { return false }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default:
      return properties.isAlphabetic || properties.isJoinControl
    }
  }
}
