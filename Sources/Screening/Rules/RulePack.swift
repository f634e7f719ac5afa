public import Corpus
internal import Settings

/// A list of terms and patterns that mark a hazard, as a person wrote it.
public struct RulePack: Sendable {
  /// The name that reasons carry: `blocklist/NAME@VERSION`.
  public let name: String
  /// The version, as written; of a plain list the first 12 hexadecimal digits of its SHA-256.
  public let version: String
  /// What the hazard is about; nil where a plain list does not say.
  public let area: HazardArea?
  /// How grave it is; nil where a plain list does not say.
  public let level: HazardLevel?
  /// The file as it was named.
  public let path: String
  /// The file's exact bytes.
  public let body: [UInt8]

  let terms: [RuleTerm]
  let hits: [RuleExample]
  let misses: [RuleExample]

  /// The number of terms and patterns, which is the number of rules.
  public var termCount: Int { terms.count }
}

/// One line of a pack.
struct RuleTerm: Sendable {
  enum Matcher: Sendable, Hashable {
    /// Folded text, without white space at the ends.
    case literal([UInt8])
    /// A regular expression in Hyperscan's syntax, for folded text.
    case pattern(String)
  }

  let matcher: Matcher
  /// What the term adds to the sum, in millionths: sums of fractions are exact.
  let weight: Int
  /// Where the term stands in its file, from 1.
  let line: Int

  /// One, in the unit of ``weight``.
  static let unit = 1_000_000

  /// The number in millionths.
  static func weight(_ number: Double) -> Int { Int((number * Double(unit)).rounded()) }
}

/// A line that a pack must find, or must not.
struct RuleExample: Sendable {
  let text: String
  let line: Int
  let keyPath: String
}
