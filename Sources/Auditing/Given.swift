internal import Ledger
public import Streams

/// An unlearning that was given a document: its steps read it, to forget it or to retain it.
public struct Given: Sendable, Equatable {
  /// What it was given for.
  public enum Purpose: String, Sendable {
    /// To forget it.
    case forget
    /// To retain it: weights learned from it.
    case retain
  }

  /// The unlearning.
  public var unlearning: String
  /// What the document was given for.
  public var purpose: Purpose
  /// The term that forgets or retains the document.
  public var term: String
  /// What the verdict said; nil where the plan stated no boundary.
  public var verdict: String?
  /// The SHA-256 of the base's weights.
  public var base: String
  /// The SHA-256 of the weights that came out; nil where nothing was left.
  public var result: String?

  /// What an unlearning was to do with a document of one of its sets.
  init(_ row: UnlearningRow, _ purpose: Purpose, term: String) {
    unlearning = row.id
    self.purpose = purpose
    self.term = term
    verdict = row.verdict?.rawValue
    base = CheckpointTrace.sha256(row.base)
    result = row.result.map(CheckpointTrace.sha256)
  }

  /// The unlearnings of a ledger that were given the text with this SHA-256, in order.
  static func all(_ digest: Digest256, in ledger: Ledger) throws -> [Given] {
    try ledger.unlearnings(given: digest).flatMap { row in
      // A text may be in the sets of several terms.
      [(Purpose.forget, row.documents), (.retain, row.retained)].flatMap { purpose, documents in
        var terms: [String] = []
        for document in documents
        where document.digest == digest && !terms.contains(document.term) {
          terms.append(document.term)
        }
        return terms.map { Given(row, purpose, term: $0) }
      }
    }
  }

  /// Writes it as one JSON object.
  public func write(to json: inout JSONText) {
    json.object { json in
      json.member("unlearning", unlearning)
      json.member("purpose", purpose.rawValue)
      json.member("term", term)
      json.member("verdict", verdict)
      json.member("base", base)
      json.member("result", result)
    }
  }

  /// It for a person: a sentence a line.
  public var lines: [String] {
    let said = verdict.map { "its verdict was: \($0)" } ?? "its plan stated no boundary"
    let left = result.map { "It left the weights \($0)." } ?? "It left no checkpoint."
    return [
      "Unlearning \(unlearning) was given it to \(purpose.rawValue) (\(term)); \(said). \(left)"
    ]
  }
}
