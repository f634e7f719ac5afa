internal import Foundation
internal import GRDB
public import Streams

extension Ledger {
  /// The log's size and its RFC 6962 root: what to publish, so that nobody can change the past.
  public func logRoot() throws(LedgerError) -> (size: Int, root: Digest256) {
    try read { db in
      var tree = MerkleTree()
      let bodies = try Data.fetchCursor(db, sql: "SELECT body FROM log_entry ORDER BY idx")
      while let body = try bodies.next() { body.withUnsafeBytes { tree.append(leaf: $0) } }
      return (tree.count, tree.root)
    }
  }

  /// Recomputes a complete run's root from the entries of its shards: counts, files and roots are
  /// those that the root stands for. Costs a query; the rows below the shards are not read.
  ///
  /// - Throws: ``LedgerError`` with the code `altered` where they are not, `unfinishedRun` where
  ///   the run has no root yet.
  public func verifyRoot(of run: String) throws(LedgerError) {
    try read { db in
      let summary = try summary(of: run, db)
      guard let root = summary.root else {
        throw LedgerError(
          .unfinishedRun, "\(path): run \(run) has no root yet. Finish it, then ask")
      }
      var tree = MerkleTree()
      for shard in try committedShards(of: requireKey(of: run, db), db) {
        ShardEntry(run: run, index: shard.index, path: shard.path, totals: shard.totals)
          .bytes.withUnsafeBytes { tree.append(leaf: $0) }
      }
      guard tree.root == root else {
        throw altered("the root of run \(run) is not that of its shards")
      }
    }
  }

  /// Recomputes every hash of the ledger from the rows below it: rule sets, the log's leaves, each
  /// shard's rows, each complete run's entries, root and snapshot, evaluations, training runs and
  /// unlearnings.
  ///
  /// It finds any row that was changed, added or removed, as long as the hashes above it were not
  /// all made anew; against that stands a copy of ``logRoot()`` kept elsewhere. Not covered, for
  /// nothing rests on them: machines, times, attempts. Decision files are not read.
  ///
  /// - Throws: ``LedgerError`` with the code `altered` that names the first place which disagrees.
  public func verify() throws(LedgerError) {
    try read { db in try verify(db) }
  }

  func verify(_ db: Database) throws {
    try verifyRuleSets(db)
    let log = try verifiedLog(db)
    var expected: Set<LogEntry> = []
    for run in try String.fetchAll(db, sql: "SELECT name FROM run ORDER BY id") {
      let entries = try verifiedEntries(of: run, db)
      guard entries.isSubset(of: log) else {
        throw altered("run \(run) is not what the log says")
      }
      expected.formUnion(entries)
    }
    for (what, found) in [
      ("an evaluation", try verifiedEvaluationEntries(db)),
      ("a training run", try verifiedTrainingEntries(db)),
      ("an unlearning", try verifiedUnlearningEntries(db)),
    ] {
      let entries = Set(found.map { LogEntry(kind: $0, body: $1) })
      guard entries.isSubset(of: log) else { throw altered("\(what) is not what the log says") }
      expected.formUnion(entries)
    }
    guard log == expected else {
      throw altered("the log has entries of no run and of no evaluation")
    }
  }

  private func verifyRuleSets(_ db: Database) throws {
    let rows = try Row.fetchCursor(db, sql: "SELECT name, sha256, body FROM ruleset ORDER BY id")
    while let row = try rows.next() {
      let body: Data = row["body"]
      guard Digest256(hashing: Array(body)) == (try digest(row, "sha256")) else {
        throw altered("rule set \(row["name"] as String) is not what its hash says")
      }
    }
  }

  private struct LogEntry: Hashable {
    let kind: String
    let body: [UInt8]
  }

  private func verifiedLog(_ db: Database) throws -> Set<LogEntry> {
    var entries: Set<LogEntry> = []
    var next = 0
    let rows = try Row.fetchCursor(
      db, sql: "SELECT idx, kind, body, leaf FROM log_entry ORDER BY idx")
    while let row = try rows.next() {
      let body = Array(row["body"] as Data)
      guard row["idx"] == next else { throw altered("log entry \(next) is missing") }
      let leaf = body.withUnsafeBytes { MerkleTree.hash(leaf: $0) }
      guard leaf == (try digest(row, "leaf")) else {
        throw altered("log entry \(next) is not what its hash says")
      }
      guard entries.insert(LogEntry(kind: row["kind"], body: body)).inserted else {
        throw altered("log entry \(next) stands there twice")
      }
      next += 1
    }
    return entries
  }

  /// The entries that the log must have for a run; none before it is complete.
  private func verifiedEntries(of run: String, _ db: Database) throws -> Set<LogEntry> {
    let key = try requireKey(of: run, db)
    let summary = try summary(of: run, db)
    var tree = MerkleTree()
    var entries: Set<LogEntry> = []
    for shard in try committedShards(of: key, db) {
      guard try details(of: shard.id, shard.totals, db) == shard.totals.details else {
        throw altered("the rows of shard \(shard.path) in run \(run)")
      }
      let entry = ShardEntry(run: run, index: shard.index, path: shard.path, totals: shard.totals)
      entry.bytes.withUnsafeBytes { tree.append(leaf: $0) }
      entries.insert(LogEntry(kind: "shard-commit", body: entry.bytes))
    }
    guard summary.state == .complete else {
      guard summary.measures.isEmpty, try snapshotID(of: key, db) == nil else {
        throw altered("run \(run) has a snapshot before its end")
      }
      return []
    }
    guard summary.root == tree.root, summary.shards == summary.plannedShards else {
      throw altered("the root of run \(run) is not that of its shards")
    }
    let description = try description(of: run, key, db)
    entries.insert(LogEntry(kind: "run", body: Ledger.entry(of: description)))
    for ruleSet in description.ruleSets {
      entries.insert(LogEntry(kind: "ruleset", body: Ledger.entry(of: ruleSet)))
    }
    entries.insert(LogEntry(kind: "snapshot", body: try verifiedSnapshot(of: summary, key, db)))
    return entries
  }

  /// The log's entry for the snapshot of a complete run, whose parts are what its shards and those
  /// of the snapshot before make them.
  private func verifiedSnapshot(
    of summary: RunSummary, _ key: Int64, _ db: Database
  ) throws -> [UInt8] {
    guard let id = try snapshotID(of: key, db),
      let row = try Row.fetchOne(
        db, sql: "SELECT documents, bytes, root FROM snapshot WHERE id = ?", arguments: [id])
    else { throw altered("the snapshot of run \(summary.run) is missing") }
    let stored = try Row.fetchAll(
      db, sql: "SELECT ord, shard_run, output FROM snapshot_part WHERE snapshot = ? ORDER BY ord",
      arguments: [id])
    let parts = try parts(of: key, parent: try parent(of: id, db), db)
    let sums = try sums(of: parts, db)
    guard try digest(row, "root") == summary.root, row["documents"] == sums.documents,
      row["bytes"] == sums.bytes,
      stored.map({ PartRow(shardRun: $0["shard_run"], output: $0["output"]) }) == parts,
      stored.enumerated().allSatisfy({ $1["ord"] == $0 })
    else { throw altered("the snapshot of run \(summary.run) is not what its shards make it") }
    return try entry(
      ofSnapshot: id, run: summary.run, measures: summary.measures, parts: parts.count, db)
  }

  private func details(
    of shard: Int64, _ totals: ShardTotals, _ db: Database
  ) throws -> Digest256 {
    var details = ShardDetails()
    let counted = totals.reasonCounts.enumerated().filter { $0.element > 0 }
    details.section(counted.count)
    for (index, count) in counted { details.add(reason: index + 1, count: count) }

    func rows(
      _ table: String, _ order: String, isOptional: Bool = false, _ add: (Row) throws -> Void
    ) throws {
      let condition = "FROM \(table) WHERE shard_run = ?"
      let count = try Int.fetchOne(db, sql: "SELECT count(*) \(condition)", arguments: [shard])
      if isOptional && count == 0 { return }
      details.section(count ?? 0)
      let cursor = try Row.fetchCursor(
        db, sql: "SELECT * \(condition) ORDER BY \(order)", arguments: [shard])
      while let row = try cursor.next() { try add(row) }
    }
    try rows("decision", "row") { details.add(try decision($0)) }
    try rows("duplicate", "row") { details.add(try duplicate($0)) }
    try rows("rule_match", "row, start, length, rule") { details.add(try match($0)) }
    try rows("similarity", "row", isOptional: true) { details.add(try similarity($0)) }
    return details.digest
  }
}
