/// Scripts written without spaces between words: Han with Bopomofo, Hiragana, Katakana, Thai, Lao,
/// Myanmar, Khmer (Unicode's Blocks.txt). A term may begin and end anywhere in them, and each
/// letter counts as a word.
public enum UnspacedScripts {
  /// Whether a character stands in one of them.
  public static func contains(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
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
