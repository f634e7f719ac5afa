internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// The snapshot that a run made; nil as long as it is not complete.
  ///
  /// - Throws: ``LedgerError`` where there is no such run.
  public func snapshot(of run: String) throws(LedgerError) -> Snapshot? {
    try read { db in
      try snapshotID(of: requireKey(of: run, db), db).map { try snapshot($0, db) }
    }
  }

  /// The newest snapshot that came out of a run's, itself where nothing came after; nil as long as
  /// the run is not complete.
  ///
  /// - Parameter run: the run that made the first of them; nil for the newest run of all that has
  ///   a snapshot.
  /// - Throws: ``LedgerError`` where there is no such run.
  public func newestSnapshot(from run: String? = nil) throws(LedgerError) -> Snapshot? {
    try read { db in
      guard let run else {
        return try Int64.fetchOne(db, sql: "SELECT max(id) FROM snapshot")
          .map { try snapshot($0, db) }
      }
      guard var id = try snapshotID(of: requireKey(of: run, db), db) else { return nil }
      while let next = try successor(of: id, db) { id = next }
      return try snapshot(id, db)
    }
  }

  /// The runs whose snapshots came out of a run's one after the other: that run first.
  ///
  /// - Throws: ``LedgerError`` where there is no such run.
  public func lineage(from run: String) throws(LedgerError) -> [String] {
    try read { db in
      var runs = [run]
      var id = try snapshotID(of: requireKey(of: run, db), db)
      while let last = id, let next = try successor(of: last, db) {
        runs.append(try runName(ofSnapshot: next, db))
        id = next
      }
      return runs
    }
  }

  /// One row of `snapshot_part`.
  struct PartRow: Equatable {
    var shardRun: Int64
    var output: Int64?
  }

  /// The parts of the snapshot of a run: its own shards and, of the parent's parts, those whose
  /// paths it did not write anew.
  ///
  /// - Throws: ``LedgerError`` where a shard of the run has no part in the parent to take the
  ///   place of.
  func parts(of key: Int64, parent: Int64?, _ db: Database) throws -> [PartRow] {
    let own = try Row.fetchAll(
      db,
      sql: """
        SELECT shard.path, s.id AS shard_run, s.output FROM shard JOIN shard_run s USING(id)
        WHERE shard.run = ? ORDER BY shard.ord
        """, arguments: [key])
    guard let parent else {
      return own.map { PartRow(shardRun: $0["shard_run"], output: $0["output"]) }
    }
    // By bytes: to Swift, two spellings of é are equal.
    var changed: [[UInt8]: PartRow] = [:]
    for row in own {
      let path: String = row["path"]
      changed[Array(path.utf8)] = PartRow(shardRun: row["shard_run"], output: row["output"])
    }
    let earlier = try Row.fetchAll(
      db,
      sql: """
        SELECT shard.path, p.shard_run, p.output FROM snapshot_part p
        JOIN shard ON shard.id = p.shard_run WHERE p.snapshot = ? ORDER BY p.ord
        """, arguments: [parent])
    let parts = earlier.map { row -> PartRow in
      let path: String = row["path"]
      return changed.removeValue(forKey: Array(path.utf8))
        ?? PartRow(shardRun: row["shard_run"], output: row["output"])
    }
    guard changed.isEmpty else {
      throw LedgerError(
        .unaccounted,
        "\(path): \(changed.count) shards of the run have no part in the snapshot that it changes. "
          + "Please report this")
    }
    return parts
  }

  /// What the parts of a snapshot hold together.
  func sums(of parts: [PartRow], _ db: Database) throws -> (documents: Int64, bytes: Int64) {
    let totals = try db.cachedStatement(sql: "SELECT kept, bytes_kept FROM shard_run WHERE id = ?")
    var sums: (documents: Int64, bytes: Int64) = (0, 0)
    for part in parts {
      guard let row = try Row.fetchOne(totals, arguments: [part.shardRun]) else {
        throw altered("a part of a snapshot was written by no shard")
      }
      let documents = sums.documents.addingReportingOverflow(row["kept"])
      let bytes = sums.bytes.addingReportingOverflow(row["bytes_kept"])
      guard !documents.overflow, !bytes.overflow else {
        throw altered("the counts of a snapshot are out of their range")
      }
      sums = (documents.partialValue, bytes.partialValue)
    }
    return sums
  }

  func snapshotID(of key: Int64, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(db, sql: "SELECT id FROM snapshot WHERE run = ?", arguments: [key])
  }

  func parent(of snapshot: Int64, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(
      db, sql: "SELECT parent FROM snapshot_parent WHERE snapshot = ?", arguments: [snapshot])
  }

  func successor(of snapshot: Int64, _ db: Database) throws -> Int64? {
    let next = try Int64.fetchOne(
      db, sql: "SELECT snapshot FROM snapshot_parent WHERE parent = ?", arguments: [snapshot])
    // Whoever changed the file may have made a circle.
    if let next, next <= snapshot { throw altered("a snapshot came out of a later one") }
    return next
  }

  func runName(ofSnapshot id: Int64, _ db: Database) throws -> String {
    let name = try String.fetchOne(
      db, sql: "SELECT name FROM snapshot JOIN run ON run.id = run WHERE snapshot.id = ?",
      arguments: [id])
    guard let name else { throw altered("a snapshot is of no run") }
    return name
  }

  private func snapshot(_ id: Int64, _ db: Database) throws -> Snapshot {
    let row = try Row.fetchOne(
      db, sql: "SELECT documents, bytes, root FROM snapshot WHERE id = ?", arguments: [id])
    guard let row else { throw altered("a snapshot is missing") }
    let parts = try Row.fetchAll(
      db,
      sql: """
        SELECT shard.path, run.name AS run, shard.ord AS shard, s.kept, s.format, s.compression,
          o.sha256 AS output_sha256, o.bytes AS output_bytes
        FROM snapshot_part p JOIN shard_run s ON s.id = p.shard_run
        JOIN shard ON shard.id = s.id JOIN run ON run.id = shard.run
        LEFT JOIN artefact o ON o.id = p.output WHERE p.snapshot = ? ORDER BY p.ord
        """, arguments: [id])
    return Snapshot(
      run: try runName(ofSnapshot: id, db), root: try digest(row, "root"),
      parent: try parent(of: id, db).map { try runName(ofSnapshot: $0, db) },
      documents: row["documents"], bytes: row["bytes"], parts: try parts.map { try part($0) })
  }

  private func part(_ row: Row) throws -> Snapshot.Part {
    let output =
      row["output_bytes"] == nil
      ? nil
      : Artefact(
        sha256: try digest(row, "output_sha256"), bytes: try number(row, "output_bytes"))
    return Snapshot.Part(
      path: row["path"], output: output, documents: row["kept"], format: row["format"],
      compression: row["compression"], run: row["run"], shard: try number(row, "shard"))
  }
}
