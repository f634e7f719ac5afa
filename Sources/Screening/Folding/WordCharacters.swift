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
    return flags | (isUnspaced(scalar.value) ? FoldEntry.unspaced : FoldEntry.joins)
  }

  /// Scripts written without spaces between words: Han with Bopomofo, Hiragana, Katakana, Thai,
  /// Lao, Myanmar, Khmer (Blocks.txt). A term may begin and end anywhere in them.
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
