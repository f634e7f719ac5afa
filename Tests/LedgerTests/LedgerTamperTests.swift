import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

@Suite struct LedgerTamperTests {
  static func finished(in folder: TemporaryFolder) throws -> Ledger {
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run())
    for shard in 0..<3 { try ledger.commit(Example.commit(shard: shard)) }
    _ = try ledger.finish(run: "c0ffee")
    return ledger
  }

  @Test("no row changes or goes away by accident", arguments: LedgerSchema.appendOnly + ["run"])
  func triggers(_ table: String) throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    try EvaluationExample.record(in: ledger)
    try ledger.record(EvaluationExample.bounded(), on: EvaluationExample.machine)
    try TrainingExample.record(in: ledger)
    try UnlearningExample.record(in: ledger)
    let before = try ledger.dump()
    let column = try ledger.queue.read { db in try db.columns(in: table).last?.name }
    for sql in ["UPDATE \(table) SET \(column ?? "") = \(column ?? "")", "DELETE FROM \(table)"] {
      let error = #expect(throws: DatabaseError.self) {
        try ledger.queue.write { db in try db.execute(sql: sql) }
      }
      #expect(error?.extendedResultCode == .SQLITE_CONSTRAINT_TRIGGER, "\(sql)")
    }
    #expect(try ledger.dump() == before)
  }

  @Test("the log has no gap") func gap() throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.finished(in: folder)
    for index in [0, 3, 99] {
      #expect(throws: DatabaseError.self) {
        try ledger.queue.write { db in
          try db.execute(
            sql: "INSERT INTO log_entry VALUES (?, 'snapshot', x'', zeroblob(32), 0)",
            arguments: [index])
        }
      }
    }
  }

  /// What nothing rests on: times, attempts, the machine, the numbers of rows.
  static let free: Set<String> = [
    "run.started_us", "run.ended_us", "run.machine", "shard_run.attempt", "shard_run.committed_us",
    "evaluation.machine", "evaluation.at_us", "training.machine", "training.at_us",
    "trained_checkpoint.at_us", "unlearning.machine", "unlearning.at_us", "log_entry.at_us",
    "machine.os", "machine.cpu",
    "machine.cores", "machine.sqlite",
  ]

  /// The triggers gone, each column of each row is changed in turn. Whoever does so is found, or
  /// stopped by SQLite.
  @Test("no cell changes unseen", arguments: LedgerSchema.appendOnly + ["run"])
  func cells(_ table: String) throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    try EvaluationExample.record(in: ledger)
    try ledger.record(EvaluationExample.bounded(), on: EvaluationExample.machine)
    try TrainingExample.record(in: ledger)
    try UnlearningExample.record(in: ledger)
    try ledger.verify()
    try Self.dropTriggers(ledger)
    let columns = try ledger.queue.read { db in try db.columns(in: table) }
    var seen = 0
    for column in columns where !Self.free.contains("\(table).\(column.name)") {
      let name = column.name
      let value =
        switch column.type {
        case "INTEGER", "REAL": "coalesce(\(name), 0) + 1"
        case "TEXT": "coalesce(\(name), '') || 'x'"
        default: "zeroblob(coalesce(length(\(name)), 32))"
        }
      try Self.attempt(ledger, "UPDATE \(table) SET \(name) = \(value)", &seen)
    }
    try Self.attempt(ledger, "DELETE FROM \(table)", &seen)
    #expect(seen > 0 || table == "machine")
    try ledger.verify()
  }

  /// Makes one change to one row at a time: SQLite refuses it, or ``Ledger/verify()`` sees it.
  static func attempt(_ ledger: Ledger, _ sql: String, _ seen: inout Int) throws {
    let table = sql.split(separator: " ")[sql.hasPrefix("UPDATE") ? 1 : 2]
    let key = try ledger.queue.read { db in
      try db.primaryKey(String(table)).columns.joined(separator: ", ")
    }
    let count = try ledger.queue.read { db in
      try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
    }
    for row in Set([0, count / 2, count - 1]).sorted() {
      try ledger.queue.writeWithoutTransaction { db in
        try db.execute(sql: "SAVEPOINT change; PRAGMA defer_foreign_keys = ON")
        defer { try? db.execute(sql: "ROLLBACK TO change; RELEASE change") }
        let condition = """
          WHERE (\(key)) = (SELECT \(key) FROM \(table) ORDER BY \(key) LIMIT 1 OFFSET \(row))
          """
        do {
          try db.execute(sql: "\(sql) \(condition)")
          guard db.changesCount == 1 else { throw LedgerError(.database, "no row") }
        } catch is DatabaseError {
          seen += 1
          return
        }
        let error = #expect(throws: LedgerError.self, "\(sql) row \(row)") {
          try ledger.verify(db)
        }
        if error?.code == .altered { seen += 1 }
      }
    }
  }

  @Test("an added row is seen") func additions() throws {
    let folder = try TemporaryFolder()
    let additions = [
      "INSERT INTO decision VALUES (1, 3, 1, 0, 1, 0, zeroblob(32), 0, 0)",
      "INSERT INTO duplicate VALUES (1, 3, 0, 0)",
      "INSERT INTO rule_match VALUES (1, 3, 0, 1, 1)",
      "INSERT INTO reason VALUES (1, 5, 'other')",
      "INSERT INTO shard VALUES (99, 1, 3, 'z.jsonl')",
      "INSERT INTO similarity VALUES (1, 4, 0, 0, 0, 0, 1, 1)",
      "INSERT INTO against_shard VALUES (1, 0, 'old', zeroblob(32), 'x', zeroblob(32), 1)",
      "INSERT INTO measure VALUES (1, 0, 'edges', 1)",
      "INSERT INTO snapshot_part VALUES (1, 3, 1, NULL)",
    ]
    let ledger = try Self.finished(in: folder)
    for sql in additions {
      try ledger.queue.writeWithoutTransaction { db in
        try db.execute(sql: "SAVEPOINT change")
        defer { try? db.execute(sql: "ROLLBACK TO change; RELEASE change") }
        try db.execute(sql: sql)
        #expect(throws: LedgerError.self, "\(sql)") { try ledger.verify(db) }
      }
    }
    let body = Array("an entry of nobody".utf8)
    let leaf = body.withUnsafeBytes { MerkleTree.hash(leaf: $0) }
    try ledger.queue.write { db in
      try db.execute(
        sql: "INSERT INTO log_entry VALUES (7, 'snapshot', ?, ?, 0)",
        arguments: [Data(body), Data(leaf.bytes)])
    }
    let error = #expect(throws: LedgerError.self) { try ledger.verify() }
    #expect(error?.code == .altered && error?.consequence == .findings)
  }

  @Test("the log's root is that of its bodies and grows consistently") func logRoot() throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.finished(in: folder)
    let old = try ledger.logRoot()
    #expect(old.size == 7)
    try ledger.begin(Example.run("beef"))
    for shard in 0..<3 { try ledger.commit(Example.commit(shard: shard, run: "beef")) }
    _ = try ledger.finish(run: "beef")
    let new = try ledger.logRoot()
    let leaves = try ledger.queue.read { db in
      try Data.fetchAll(db, sql: "SELECT leaf FROM log_entry ORDER BY idx").map { data in
        data.withUnsafeBytes { Digest256(bytes: $0) }
      }
    }
    #expect(
      MerkleTree.verifyConsistency(
        oldSize: UInt64(old.size), oldRoot: old.root, newSize: UInt64(new.size), newRoot: new.root,
        proof: MerkleTree.consistencyProof(from: old.size, in: leaves)))
  }

  static func dropTriggers(_ ledger: Ledger) throws {
    try ledger.queue.write { db in
      for name in try String.fetchAll(
        db, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'")
      {
        try db.execute(sql: "DROP TRIGGER \(name)")
      }
    }
  }
}
