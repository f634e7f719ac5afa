public import Streams

/// A document could not be judged, or the means to judge are missing.
///
/// A document that cannot be judged is *unscored*: whoever asked quarantines it.
public enum ScreeningError: CordonError, Equatable {
  /// The text has more bytes than offsets can name (2 GiB).
  case textTooLong(bytes: Int)
  /// Hyperscan refused to scan or to set itself up; the code is its own (`hs_common.h`).
  case engine(code: Int32, doing: String)
  /// Deciding where the rule's pattern begins would take more than the stated work (see
  /// Filters/README.md).
  case patternBudget(rule: String)
  /// The processor lacks what Hyperscan needs (SSSE3).
  case unsupportedProcessor

  /// One document is a finding; an engine that does not start is a lack of resources.
  public var consequence: Consequence {
    switch self {
    case .textTooLong, .patternBudget: .findings
    case .engine, .unsupportedProcessor: .resource
    }
  }

  /// What happened, and what to do next; never document text.
  public var description: String {
    switch self {
    case .textTooLong(let bytes):
      "a text of \(bytes) bytes is too long to be screened (2 GiB at most); split the document"
    case .engine(let code, let doing):
      "Hyperscan failed with code \(code) while \(doing); is there memory left?"
    case .patternBudget(let rule):
      "the pattern of \(rule) has too many possible beginnings in this document; "
        + "anchor it to a word"
    case .unsupportedProcessor:
      "this processor lacks SSSE3, which Hyperscan needs"
    }
  }
}
