internal import Ledger
public import Streams

/// An unlearning that was to forget a document.
public struct Forgetting: Sendable, Equatable {
  /// The unlearning.
  public var unlearning: String
  /// The term that forgets the document.
  public var term: String
  /// What the verdict said; nil where the plan stated no boundary.
  public var verdict: String?
  /// The SHA-256 of the base's weights.
  public var base: String
  /// The SHA-256 of the weights that came out; nil where nothing was left.
  public var result: String?

  /// What an unlearning was to do with a document of its forget set.
  init(_ row: UnlearningRow, term: String) {
    unlearning = row.id
    self.term = term
    verdict = row.verdict?.rawValue
    base = CheckpointTrace.sha256(row.base)
    result = row.result.map(CheckpointTrace.sha256)
  }

  /// The unlearnings of a ledger that were to forget the text with this SHA-256, in order.
  static func all(of digest: Digest256, in ledger: Ledger) throws -> [Forgetting] {
    try ledger.unlearnings(forgetting: digest).flatMap { row in
      // A text may be in the sets of several terms.
      var terms: [String] = []
      for document in row.documents
      where document.digest == digest && !terms.contains(document.term) {
        terms.append(document.term)
      }
      return terms.map { Forgetting(row, term: $0) }
    }
  }

  /// Writes it as one JSON object.
  public func write(to json: inout JSONText) {
    json.object { json in
      json.member("unlearning", unlearning)
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
    return ["Unlearning \(unlearning) was to forget it (\(term)); \(said). \(left)"]
  }
}
