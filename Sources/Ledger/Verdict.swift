/// What becomes of a document. Every document that is read has exactly one verdict.
public enum Verdict: UInt8, CaseIterable, Sendable {
  /// It stands in the corpus.
  case kept = 0
  /// A screen or a filter of the plan removed it.
  case dropped
  /// Another document, the survivor, stands for it.
  case duplicate
  /// It could not be judged, or the plan sets it apart for a person.
  case quarantined

  /// The word for it in messages, JSON and the ledger.
  public var name: String {
    switch self {
    case .kept: "kept"
    case .dropped: "dropped"
    case .duplicate: "duplicate"
    case .quarantined: "quarantined"
    }
  }
}
