internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// The ids of all runs, oldest first.
  public func runs() throws(LedgerError) -> [String] {
    try read { db in try String.fetchAll(db, sql: "SELECT name FROM run ORDER BY id") }
  }

  /// What a run did so far, by the numbers of its committed shards.
  ///
  /// - Parameter run: the run's id; nil for the newest.
  /// - Throws: ``LedgerError`` where there is no such run.
  public func summary(of run: String?) throws(LedgerError) -> RunSummary {
    try read { db in
      try summary(of: run ?? newest(db), db)
    }
  }

  /// The committed shards of a run by their index.
  ///
  /// - Throws: ``LedgerError`` where there is no such run.
  public func committedShards(of run: String) throws(LedgerError) -> [Int: ShardTotals] {
    try read { db in
      let shards = try committedShards(of: requireKey(of: run, db), db)
      return Dictionary(uniqueKeysWithValues: shards.map { ($0.index, $0.totals) })
    }
  }

  func newest(_ db: Database) throws -> String {
    let sql = "SELECT name FROM run ORDER BY id DESC LIMIT 1"
    guard let run = try String.fetchOne(db, sql: sql) else {
      throw LedgerError(
        .unknownRun, "\(path): the ledger holds no run yet. Curate first, then ask")
    }
    return run
  }

  func summary(of run: String, _ db: Database) throws -> RunSummary {
    let key = try requireKey(of: run, db)
    let sql = """
      SELECT state, root, ended_us - started_us AS elapsed,
        (SELECT count(*) FROM shard WHERE run = run.id) AS planned
      FROM run WHERE id = ?
      """
    guard let row = try Row.fetchOne(db, sql: sql, arguments: [key]),
      let state = RunState(rawValue: row["state"])
    else { throw unknownRun(run) }
    let shards = try committedShards(of: key, db).map(\.totals)
    func sum(_ part: (ShardTotals) -> Int64) throws -> Int64 {
      try shards.reduce(0) { total, shard in
        let (sum, isOver) = total.addingReportingOverflow(part(shard))
        if isOver { throw altered("the counts of run \(run) are out of their range") }
        return sum
      }
    }
    let perReason = try reasons(of: key, db).enumerated().map { index, reason in
      (reason: reason, documents: try sum { $0.reasonCounts[index] })
    }
    return RunSummary(
      run: run, read: try sum { $0.read }, kept: try sum { $0.kept },
      dropped: try sum { $0.dropped },
      duplicate: try sum { $0.duplicate }, quarantined: try sum { $0.quarantined },
      edited: try sum { $0.edited },
      reasons: perReason.filter { $0.documents > 0 }, shards: shards.count,
      plannedShards: row["planned"], bytesRead: try sum { $0.bytesRead },
      bytesKept: try sum { $0.bytesKept },
      repeatedIDs: try sum { $0.repeatedIDs }, damagedShards: shards.count { $0.damage != nil },
      state: state, root: row["root"] == nil ? nil : try digest(row, "root"),
      measures: try measures(of: key, db),
      seconds: (row["elapsed"] as Int64?).map { Double($0) / 1e6 })
  }

  /// The committed shards in their order in the run.
  func committedShards(
    of key: Int64, _ db: Database
  ) throws -> [(id: Int64, index: Int, path: String, totals: ShardTotals)] {
    let reasons = try reasons(of: key, db).count
    var counts: [Int64: [Int64]] = [:]
    let countRows = try Row.fetchCursor(
      db,
      sql: """
        SELECT shard_run, reason, documents FROM reason_count
        JOIN shard ON shard.id = shard_run WHERE run = ?
        """, arguments: [key])
    while let row = try countRows.next() {
      let reason: Int = try number(row, "reason")
      guard (1...max(1, reasons)).contains(reason), reasons > 0 else {
        throw altered("a count for a reason that the run does not have")
      }
      counts[row["shard_run"], default: [Int64](repeating: 0, count: reasons)][reason - 1] =
        row["documents"]
    }
    let rows = try Row.fetchAll(
      db,
      sql: """
        SELECT shard.ord, shard.path, s.*, i.sha256 AS input_sha256, i.bytes AS input_bytes,
          o.sha256 AS output_sha256, o.bytes AS output_bytes, r.sha256 AS records_sha256,
          r.bytes AS records_bytes
        FROM shard JOIN shard_run s ON s.id = shard.id JOIN artefact i ON i.id = s.input
        LEFT JOIN artefact o ON o.id = s.output JOIN artefact r ON r.id = s.records
        WHERE shard.run = ? ORDER BY shard.ord
        """, arguments: [key])
    return try rows.map { row in
      let id: Int64 = row["id"]
      let totals = try totals(
        row, reasonCounts: counts[id] ?? [Int64](repeating: 0, count: reasons))
      return (id, try number(row, "ord"), row["path"], totals)
    }
  }

  private func totals(_ row: Row, reasonCounts: [Int64]) throws -> ShardTotals {
    func artefact(_ name: String) throws -> Artefact {
      Artefact(sha256: try digest(row, name + "_sha256"), bytes: try number(row, name + "_bytes"))
    }
    return ShardTotals(
      attempt: try number(row, "attempt"), input: try artefact("input"),
      output: row["output"] == nil ? nil : try artefact("output"), format: row["format"],
      compression: row["compression"], read: row["read"], kept: row["kept"],
      dropped: row["dropped"], duplicate: row["duplicate"], quarantined: row["quarantined"],
      edited: row["edited"], bytesRead: row["bytes_read"], bytesKept: row["bytes_kept"],
      reasonCounts: reasonCounts, records: try artefact("records"), root: try digest(row, "root"),
      details: try digest(row, "details"), damage: row["damage"],
      repeatedIDs: row["repeated_ids"])
  }
}
