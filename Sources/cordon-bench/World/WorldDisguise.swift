import Streams

/// The forms in which a hazard document is copied into the raw corpus.
enum WorldDisguise: String, CaseIterable {
  /// The same text under another id.
  case copied
  case upperCase = "upper-case"
  case mixedCase = "mixed-case"
  case fullwidth, mathematical, combining
  case softHyphen = "soft-hyphen"
  /// The zero-width space U+200B, which is ignorable by default.
  case zeroWidth = "zero-width"
  case lineBreak = "line-break"

  /// The term in this form.
  func callAsFunction(_ term: String) -> String {
    switch self {
    case .copied: term
    case .upperCase: Hazard.Disguise.upperCase(term)
    case .fullwidth: Hazard.Disguise.fullwidth(term)
    case .mathematical: Hazard.Disguise.mathematical(term)
    case .combining: Hazard.Disguise.combining(term)
    case .softHyphen: Hazard.Disguise.softHyphen(term)
    case .lineBreak: Hazard.Disguise.lineBreak(term)
    case .mixedCase:
      String(
        term.enumerated().map { place, letter in
          place % 2 == 0 ? letter : Character(letter.uppercased())
        })
    case .zeroWidth: term.map(String.init).joined(separator: "\u{200B}")
    }
  }
}

extension String {
  /// This text with the first occurrence of a part replaced.
  func replacingFirst(_ part: String, by other: String) -> String {
    guard let range = firstRange(of: part) else { return self }
    return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }
}
