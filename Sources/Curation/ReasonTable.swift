internal import Corpus
internal import Screening

/// The reasons of a run, in the order in which the ledger numbers them.
struct ReasonTable: Sendable {
  /// Reasons that lie in other documents, as the ledger names them.
  enum Duplicates: String, CaseIterable {
    /// The same text stands in an earlier document.
    case exact = "exact-duplicate"
    /// Nearly the same text stands in the survivor of its cluster.
    case near = "near-duplicate"
    /// Nearly the same text was found hazardous.
    case contagion
  }

  let names: [String]
  private let screensStart: Int

  init(_ screens: ScreenSet) {
    let issues = RecordIssue.allCases.map(\.rawValue)
    screensStart = issues.count
    names = issues + screens.reasons + Duplicates.allCases.map(\.rawValue)
  }

  /// The 1-based number of a reader's reason.
  func number(_ issue: RecordIssue) -> UInt16 {
    UInt16((RecordIssue.allCases.firstIndex(of: issue) ?? 0) + 1)
  }

  /// The 1-based number of a screen's reason.
  func number(screenReason: Int) -> UInt16 { UInt16(screensStart + screenReason + 1) }

  /// The 1-based number of a reason that lies in other documents.
  func number(_ reason: Duplicates) -> UInt16 {
    let place = Duplicates.allCases.firstIndex(of: reason) ?? 0
    return UInt16(names.count - Duplicates.allCases.count + place + 1)
  }

  /// Whether a reason says that a record could not be read or scored.
  func isUnreadable(_ index: Int) -> Bool { index < screensStart }
}
