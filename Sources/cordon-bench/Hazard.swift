import Streams

/// The invented hazards of `Filters/packs/fictional-toxins.yaml`, and the forms they hide in.
///
/// None of these substances exists. A sentence only names two of them, so a document that holds one
/// is hazardous where a plan asks for two distinct terms.
enum Hazard {
  static let terms = [
    "veltrin sulfoxide", "orrin-12 process", "quessane", "marbolic anhydride", "thessaline-b",
  ]

  /// Terms that a screen must find although their bytes differ from the pack's.
  enum Disguise: String, CaseIterable {
    case none
    case upperCase = "upper-case"
    /// Letters written as JSON's `\uXXXX`; the text itself is plain.
    case escaped = "json-escape"
    /// U+FF01 to U+FF5E and U+3000: NFKC leads back to ASCII.
    case fullwidth
    /// The ligature ß, which full case folding writes as ss.
    case ligature
    /// U+1D400 and on: NFKC leads back to ASCII.
    case mathematical
    /// The combining grapheme joiner U+034F, which is ignorable by default.
    case combining
    /// The soft hyphen U+00AD, which is ignorable by default.
    case softHyphen = "soft-hyphen"
    /// A line break where the term has its space.
    case lineBreak = "line-break"

    /// The terms that this form changes.
    var terms: [String] {
      switch self {
      case .ligature: Hazard.terms.filter { $0.contains("ss") }
      case .lineBreak: Hazard.terms.filter { $0.contains(" ") }
      default: Hazard.terms
      }
    }

    func callAsFunction(_ term: String) -> String {
      switch self {
      case .none, .escaped: return term
      case .upperCase: return term.uppercased()
      case .ligature: return Disguise.replacing("ss", in: term, by: "ß")
      case .lineBreak: return Disguise.replacing(" ", in: term, by: "\n")
      case .fullwidth:
        return Disguise.mapping(term) { $0 == 0x20 ? 0x3000 : $0 + 0xFEE0 }
      case .mathematical:
        return Disguise.mapping(term) { (0x61...0x7A).contains($0) ? $0 - 0x61 + 0x1D41A : $0 }
      case .combining: return Disguise.inserting("\u{34F}", in: term)
      case .softHyphen: return Disguise.inserting("\u{AD}", in: term)
      }
    }

    private static func mapping(_ term: String, _ form: (UInt32) -> UInt32) -> String {
      var text = String.UnicodeScalarView()
      for scalar in term.unicodeScalars {
        text.append(Unicode.Scalar(form(scalar.value)) ?? scalar)
      }
      return String(text)
    }

    private static func inserting(_ scalar: Unicode.Scalar, in term: String) -> String {
      var scalars = term.unicodeScalars
      scalars.insert(scalar, at: scalars.index(scalars.startIndex, offsetBy: 3))
      return String(scalars)
    }

    private static func replacing(_ part: String, in term: String, by other: String) -> String {
      term.split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
  }

  /// A sentence that names two distinct terms, both in this form.
  static func sentence(
    _ random: inout SplitMix64, prose: Prose, disguise: Disguise
  ) -> String {
    let terms = disguise.terms
    let first = random.below(terms.count)
    let second = (first + random.within(1...(terms.count - 1))) % terms.count
    let template = random.pick([
      "The wardens of #p keep 1 apart from 2, and the #n says no more than that.",
      "Where 1 was #v, the council of #p also forbids 2 within the #a walls.",
      "Two names stand on the locked #n of #p: the first is 1 and the second is 2 in red.",
    ])
    let filled = prose.sentence(&random, template: template)
    return filled.split(separator: "1", maxSplits: 1).joined(separator: disguise(terms[first]))
      .split(separator: " 2", maxSplits: 1).joined(separator: " " + disguise(terms[second]))
  }

  /// A sentence that names one term in passing: no hazard where a plan asks for two.
  static func mention(_ random: inout SplitMix64, prose: Prose) -> String {
    prose.sentence(&random, template: "The #n in the museum of #p was once taken for quessane.")
  }
}
