internal import Corpus

/// Which characters make words: the ground of the boundary test and of the quality counts.
enum WordCharacters {
  /// The flags ``FoldEntry/joins``, ``FoldEntry/unspaced``, ``FoldEntry/letter`` and
  /// ``FoldEntry/number`` of a scalar.
  ///
  /// A word character is a letter, mark or number (general categories L, M, N) or an underscore.
  static func flags(of scalar: Unicode.Scalar) -> UInt32 {
    var flags: UInt32 = 0
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      flags = FoldEntry.letter
    case .decimalNumber, .letterNumber, .otherNumber:
      flags = FoldEntry.number
    case .nonspacingMark, .spacingMark, .enclosingMark:
      break
    default:
      return scalar == "_" ? FoldEntry.joins : 0
    }
    return flags | (UnspacedScripts.contains(scalar) ? FoldEntry.unspaced : FoldEntry.joins)
  }
}
