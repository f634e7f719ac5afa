internal import GRDB
public import Streams

/// A document that a run took out of the corpus.
public struct RemovedDocument: Sendable, Equatable {
  /// The shard, by its path.
  public var shard: String
  /// Its row.
  public var row: UInt64
  /// What became of it.
  public var verdict: Verdict
  /// The first reason.
  public var reason: String
  /// The SHA-256 of its text.
  public var digest: Digest256
}

extension Ledger {
  /// The documents that a run dropped or set apart, by shard and row: what a model that was trained
  /// on its snapshot was kept from. Duplicates, whose text is still there, are left out.
  ///
  /// - Parameters:
  ///   - run: the run's id.
  ///   - limit: so many, the first.
  /// - Throws: ``LedgerError`` where there is no such run, or a row is not what it must be.
  public func removed(
    by run: String, limit: Int
  ) throws(LedgerError) -> [RemovedDocument] {
    try read { db in
      let key = try requireKey(of: run, db)
      let reasons = try reasons(of: key, db)
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT d.*, shard.path FROM decision d JOIN shard ON shard.id = d.shard_run
          WHERE shard.run = ? AND d.verdict IN (?, ?) ORDER BY shard.ord, d.row LIMIT ?
          """,
        arguments: [
          key, Verdict.dropped.rawValue, Verdict.quarantined.rawValue, max(0, limit),
        ])
      return try rows.map { row in
        let decision = try decision(row)
        let reason = Int(decision.reason)
        guard (1...max(1, reasons.count)).contains(reason), !reasons.isEmpty else {
          throw altered("a document was removed for a reason that the run does not have")
        }
        return RemovedDocument(
          shard: row["path"], row: decision.row, verdict: decision.verdict,
          reason: reasons[reason - 1], digest: decision.digest)
      }
    }
  }
}
