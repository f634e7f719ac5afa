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
  /// - Throws: ``LedgerError`` where shards are not committed yet, the sums break the conservation
  ///   law, or the ledger cannot be written.
  public func finish(run: String) throws(LedgerError) -> RunSummary {
    try write { db in
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
      try insertSnapshot(of: summary, key, root: tree.root, db)
      try append("snapshot", Ledger.entry(of: summary, root: tree.root), db)
      try db.execute(
        sql: "UPDATE run SET state = 'COMPLETE', root = ?, ended_us = ? WHERE id = ?",
        arguments: [Data(tree.root.bytes), max(Ledger.now(), 0), key])
      return try self.summary(of: run, db)
    }
  }

  private func insertSnapshot(
    of summary: RunSummary, _ key: Int64, root: Digest256, _ db: Database
  ) throws {
    try db.execute(
      sql: "INSERT INTO snapshot(run, documents, bytes, root) VALUES (?, ?, ?, ?)",
      arguments: [key, summary.kept, summary.bytesKept, Data(root.bytes)])
    try db.execute(
      sql: """
        INSERT INTO snapshot_part(snapshot, ord, shard_run, output)
        SELECT ?, shard.ord, s.id, s.output FROM shard JOIN shard_run s ON s.id = shard.id
        WHERE shard.run = ?
        """, arguments: [db.lastInsertedRowID, key])
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

  private func append(_ kind: String, _ body: [UInt8], _ db: Database) throws {
    let leaf = body.withUnsafeBytes { MerkleTree.hash(leaf: $0) }
    try db.execute(
      sql: """
        INSERT INTO log_entry(idx, kind, body, leaf, at_us)
        SELECT coalesce(max(idx), -1) + 1, ?, ?, ?, ? FROM log_entry
        """, arguments: [kind, Data(body), Data(leaf.bytes), Ledger.now()])
  }

  /// A `ruleset` entry.
  static func entry(of ruleSet: RuleSetRow) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.member("kind", "ruleset")
      json.member("name", ruleSet.name)
      json.member("version", ruleSet.version)
      json.member("sha256", ruleSet.sha256.hex)
    }
    return json.bytes
  }

  /// A `run` entry: what was decided before the first document was read.
  static func entry(of run: RunDescription) -> [UInt8] {
    var lists = DigestStream()
    for name in run.rules.map({ "\($0.ruleSet) \($0.name)" }) + [""] + run.reasons {
      Array((name + "\n").utf8).withUnsafeBytes { lists.update($0) }
    }
    var sets = DigestStream()
    for ruleSet in run.ruleSets { ruleSet.sha256.bytes.withUnsafeBytes { sets.update($0) } }
    var json = JSONText()
    json.object { json in
      json.member("kind", "run")
      json.member("run", run.id)
      json.member("recipe", run.kind)
      json.member("plan", Digest256(hashing: run.plan).hex)
      json.member("settings", Digest256(hashing: Array(run.settings.utf8)).hex)
      json.member("seed", run.seed)
      json.member("ruleSets", sets.digest().hex)
      json.member("rulesAndReasons", lists.digest().hex)
      json.object("code") { json in
        json.member("version", run.code.version)
        json.member("binary", run.code.binary.hex)
        json.member("swift", run.code.swift)
        json.member("libraries", run.code.libraries)
      }
      json.member("shards", run.shards.count)
    }
    return json.bytes
  }

  /// A `snapshot` entry.
  static func entry(of summary: RunSummary, root: Digest256) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.member("kind", "snapshot")
      json.member("run", summary.run)
      json.member("root", root.hex)
      json.member("documents", summary.kept)
      json.member("bytes", summary.bytesKept)
      json.member("shards", summary.shards)
    }
    return json.bytes
  }
}
