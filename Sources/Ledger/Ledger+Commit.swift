internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// Commits a shard: all of it or nothing, durable when this returns.
  ///
  /// The part and the decision file must be durable before: the ledger is the only witness that a
  /// shard is done.
  ///
  /// - Throws: ``LedgerError`` where the run is unknown or complete, the shard is committed
  ///   already, the numbers do not add up (the conservation law is a CHECK of the table), or the
  ///   ledger cannot be written. Nothing is committed then.
  public func commit(_ commit: ShardCommit) throws(LedgerError) {
    try self.commit(commit, rows: CommitRows(commit))
  }

  /// Commits a shard whose rows do not stand in the commit: they are visited where they are.
  ///
  /// - Throws: as the other form, and ``LedgerError`` where the rows cannot be read.
  public func commit(_ commit: ShardCommit, rows: any ShardRows) throws(LedgerError) {
    try write { db in
      let key = try openRun(commit.run, db)
      let shard = try place(of: commit, key, db)
      let totals: ShardTotals
      let counts: ShardCommit.RowCounts
      do {
        counts = try commit.account(
          for: rows,
          in: ShardCommit.Lists(
            reasons: try count("reason", key, db), rules: try count("rule", key, db),
            shards: try count("shard", key, db), against: try documentsAgainst(key, db)))
        totals = try commit.totals(rows, counts)
      } catch let contradiction as Contradiction {
        throw LedgerError(
          .unaccounted,
          "\(path): shard \(shard.path) does not add up: \(contradiction.text). Nothing was "
            + "committed. Please report this")
      }
      try insert(totals, shard: shard.id, db)
      try Insertion.insert(exceptionsOf: rows, shardRun: shard.id, into: db)
      try Insertion.insert(duplicatesOf: rows, shardRun: shard.id, into: db)
      if counts.similarities > 0 {
        try Insertion.insert(similaritiesOf: rows, shardRun: shard.id, into: db)
      }
      try Insertion.insert(matchesOf: rows, shardRun: shard.id, into: db)
    }
  }

  private func openRun(_ run: String, _ db: Database) throws -> Int64 {
    let row = try Row.fetchOne(
      db, sql: "SELECT id, state FROM run WHERE name = ?", arguments: [run])
    guard let row else { throw unknownRun(run) }
    guard row["state"] == RunState.started.rawValue else {
      throw LedgerError(
        .finishedRun,
        "\(path): run \(run) is complete; no shard can be added. Begin anew with --fresh")
    }
    return row["id"]
  }

  private func place(
    of commit: ShardCommit, _ key: Int64, _ db: Database
  ) throws -> (id: Int64, path: String) {
    let row = try Row.fetchOne(
      db,
      sql: """
        SELECT shard.id, path, shard_run.id IS NOT NULL AS committed
        FROM shard LEFT JOIN shard_run USING(id) WHERE run = ? AND ord = ?
        """, arguments: [key, commit.shard])
    guard let row else {
      throw LedgerError(
        .unaccounted,
        "\(path): run \(commit.run) has no shard at index \(commit.shard). Please report this")
    }
    let shard: String = row["path"]
    guard row["committed"] == false else {
      throw LedgerError(
        .alreadyCommitted,
        "\(path): shard \(shard) is committed and cannot be committed again. Begin anew with "
          + "--fresh to make it anew")
    }
    return (row["id"], shard)
  }

  private func count(_ table: String, _ key: Int64, _ db: Database) throws -> Int {
    try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table) WHERE run = ?", arguments: [key]) ?? 0
  }

  /// How many documents each shard has that the run is compared with.
  private func documentsAgainst(_ key: Int64, _ db: Database) throws -> [Int64] {
    try Int64.fetchAll(
      db, sql: "SELECT documents FROM against_shard WHERE run = ? ORDER BY ord", arguments: [key])
  }

  private func insert(_ totals: ShardTotals, shard: Int64, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO shard_run(
          id, attempt, input, output, format, compression, read, kept, dropped, duplicate,
          quarantined, edited, bytes_read, bytes_kept, records, root, details, damage,
          repeated_ids, committed_us)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        shard, totals.attempt, try id(of: totals.input, db),
        try totals.output.map { try id(of: $0, db) }, totals.format, totals.compression,
        totals.read, totals.kept, totals.dropped, totals.duplicate, totals.quarantined,
        totals.edited, totals.bytesRead, totals.bytesKept, try id(of: totals.records, db),
        Data(totals.root.bytes), Data(totals.details.bytes), totals.damage, totals.repeatedIDs,
        Ledger.now(),
      ])
    for (index, count) in totals.reasonCounts.enumerated() where count > 0 {
      try db.execute(
        sql: "INSERT INTO reason_count(shard_run, reason, documents) VALUES (?, ?, ?)",
        arguments: [shard, index + 1, count])
    }
  }

  func id(of artefact: Artefact, _ db: Database) throws -> Int64 {
    let digest = Data(artefact.sha256.bytes)
    try db.execute(
      sql: "INSERT INTO artefact(sha256, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING",
      arguments: [digest, artefact.bytes])
    let id = try Int64.fetchOne(
      db, sql: "SELECT id FROM artefact WHERE sha256 = ? AND bytes = ?",
      arguments: [digest, artefact.bytes])
    guard let id else {
      throw LedgerError(
        .unaccounted,
        "\(path): the file \(artefact.sha256) is known with another length than "
          + "\(artefact.bytes) bytes. Please report this")
    }
    return id
  }
}
