internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// Completes a run: its root over all shards, its snapshot, its entries in the log. A complete
  /// run stays as it is.
  ///
  /// The log gets, in this order and in one transaction: `run`, one `ruleset` for each rule set
  /// that the log does not have, one `shard-commit` for each shard in the run's order, `snapshot`.
  ///
  /// - Parameters:
  ///   - run: the run's id.
  ///   - measures: what else it counted, each name once. Kept in this order.
  ///   - parent: the run whose snapshot this one's comes out of; nil for a first snapshot. The new
  ///     snapshot has the parent's parts, but for those whose paths the run's shards have: there
  ///     the run's parts take their place.
  /// - Throws: ``LedgerError`` where shards are not committed yet, the sums break the conservation
  ///   law, the parent has no snapshot, or one that came out of it already, or the ledger cannot
  ///   be written.
  public func finish(
    run: String, measures: [Measure] = [], parent: String? = nil
  ) throws(LedgerError) -> RunSummary {
    precondition(
      Set(measures.map(\.name)).count == measures.count && !measures.contains { $0.name.isEmpty },
      "a measure has a name of its own")
    return try write { db in
      let summary = try summary(of: run, db)
      if summary.state == .complete { return summary }
      guard summary.shards == summary.plannedShards else {
        throw LedgerError(
          .unfinishedRun,
          "\(path): run \(run) has \(summary.shards) of \(summary.plannedShards) shards. Run the "
            + "same curate command again to finish it")
      }
      guard
        summary.read
          == summary.kept + summary.dropped + summary.duplicate + summary.quarantined
      else {
        throw LedgerError(
          .unaccounted, "\(path): the sums of run \(run) do not add up. Please report this")
      }
      let key = try requireKey(of: run, db)
      let description = try description(of: run, key, db)
      try append("run", Ledger.entry(of: description), db)
      try logRuleSets(of: description, db)
      var tree = MerkleTree()
      let shards = try committedShards(of: key, db)
      for shard in shards {
        let entry = ShardEntry(
          run: run, index: shard.index, path: shard.path, totals: shard.totals)
        entry.bytes.withUnsafeBytes { tree.append(leaf: $0) }
        try append("shard-commit", entry.bytes, db)
      }
      for (index, measure) in measures.enumerated() {
        try db.execute(
          sql: "INSERT INTO measure(run, ord, name, value) VALUES (?, ?, ?, ?)",
          arguments: [key, index, measure.name, measure.value])
      }
      let parentID = try parent.map { try openSnapshot(of: $0, db) }
      let entry = try insertSnapshot(
        of: run, key, root: tree.root, measures: measures, parent: parentID, db)
      try append("snapshot", entry, db)
      try db.execute(
        sql: "UPDATE run SET state = 'COMPLETE', root = ?, ended_us = ? WHERE id = ?",
        arguments: [Data(tree.root.bytes), max(Ledger.now(), 0), key])
      return try self.summary(of: run, db)
    }
  }

  /// The snapshot of a run, which none came out of yet.
  private func openSnapshot(of run: String, _ db: Database) throws -> Int64 {
    guard let id = try snapshotID(of: requireKey(of: run, db), db) else {
      throw LedgerError(
        .unfinishedRun,
        "\(path): run \(run) has no snapshot to change yet. Run the same curate command again to "
          + "finish it")
    }
    if let next = try successor(of: id, db) {
      throw LedgerError(
        .superseded,
        "\(path): the snapshot of run \(run) was changed already, by run "
          + "\(try runName(ofSnapshot: next, db)). Change the newest one")
    }
    return id
  }

  /// - Returns: the snapshot's entry for the log.
  private func insertSnapshot(
    of run: String, _ key: Int64, root: Digest256, measures: [Measure], parent: Int64?,
    _ db: Database
  ) throws -> [UInt8] {
    let parts = try parts(of: key, parent: parent, db)
    let sums = try sums(of: parts, db)
    try db.execute(
      sql: "INSERT INTO snapshot(run, documents, bytes, root) VALUES (?, ?, ?, ?)",
      arguments: [key, sums.documents, sums.bytes, Data(root.bytes)])
    let id = db.lastInsertedRowID
    let insertion = try db.cachedStatement(
      sql: "INSERT INTO snapshot_part(snapshot, ord, shard_run, output) VALUES (?, ?, ?, ?)")
    for (index, part) in parts.enumerated() {
      try insertion.execute(arguments: [id, index, part.shardRun, part.output])
    }
    if let parent {
      try db.execute(
        sql: "INSERT INTO snapshot_parent(snapshot, parent) VALUES (?, ?)",
        arguments: [id, parent])
    }
    return try entry(ofSnapshot: id, run: run, measures: measures, parts: parts.count, db)
  }

  private func logRuleSets(of run: RunDescription, _ db: Database) throws {
    for ruleSet in run.ruleSets {
      let entry = Ledger.entry(of: ruleSet)
      let isLogged = try Bool.fetchOne(
        db, sql: "SELECT EXISTS(SELECT 1 FROM log_entry WHERE kind = 'ruleset' AND body = ?)",
        arguments: [Data(entry)])
      if isLogged != true { try append("ruleset", entry, db) }
    }
  }

  func append(_ kind: String, _ body: [UInt8], _ db: Database) throws {
    let leaf = body.withUnsafeBytes { MerkleTree.hash(leaf: $0) }
    try db.execute(
      sql: """
        INSERT INTO log_entry(idx, kind, body, leaf, at_us)
        SELECT coalesce(max(idx), -1) + 1, ?, ?, ?, ? FROM log_entry
        """, arguments: [kind, Data(body), Data(leaf.bytes), Ledger.now()])
  }
}
