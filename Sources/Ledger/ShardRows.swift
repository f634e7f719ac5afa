/// The rows that a shard adds to the ledger, visited as often as the ledger needs, from memory or
/// from files: a shard of a hundred million documents is committed in the memory of a batch.
public protocol ShardRows {
  /// Visits the record of every document that is not kept, by ascending row, with the survivor of
  /// a duplicate, and with the evidence where it was condemned for what it is like.
  func forEachException(
    _ body: (DecisionRecord, DuplicateRow?, SimilarityRow?) throws -> Void) throws
  /// Visits every match that is to be found again, by ascending row, start, length and rule.
  func forEachMatch(_ body: (MatchRow) throws -> Void) throws
}

/// The rows that stand in a commit itself.
struct CommitRows: ShardRows {
  private let exceptions: [DecisionRecord]
  private let duplicates: [DuplicateRow]
  private let similarities: [SimilarityRow]
  private let matches: [MatchRow]

  /// The commit's rows in ascending order.
  init(_ commit: ShardCommit) {
    exceptions = commit.exceptions.sorted { $0.row < $1.row }
    duplicates = commit.duplicates.sorted { $0.row < $1.row }
    similarities = commit.similarities.sorted { $0.row < $1.row }
    matches = commit.matches.sorted { $0.precedes($1) }
  }

  func forEachException(
    _ body: (DecisionRecord, DuplicateRow?, SimilarityRow?) throws -> Void
  ) throws {
    var duplicates = duplicates[...]
    var similarities = similarities[...]
    for record in exceptions {
      let survivor = duplicates.first?.row == record.row ? duplicates.removeFirst() : nil
      let evidence = similarities.first?.row == record.row ? similarities.removeFirst() : nil
      try body(record, survivor, evidence)
    }
    if let row = duplicates.first?.row {
      throw Contradiction("a survivor for row \(row), which is no exception")
    }
    if let row = similarities.first?.row {
      throw Contradiction("a similarity of row \(row), which is no exception")
    }
  }

  func forEachMatch(_ body: (MatchRow) throws -> Void) throws {
    for match in matches { try body(match) }
  }
}

/// Why a commit does not account for its records.
struct Contradiction: Error {
  let text: String

  init(_ text: String) {
    self.text = text
  }
}
