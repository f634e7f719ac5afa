import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

@Suite struct LedgerLawTests {
  @Test("commits are durable: WAL, synchronous=FULL, page size, header") func durability() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    for _ in 0..<2 {
      let ledger = try Ledger(creating: path)
      func pragma(_ name: String) throws -> String? {
        try ledger.queue.read { db in try String.fetchOne(db, sql: "PRAGMA \(name)") }
      }
      #expect(try pragma("journal_mode") == "wal")
      #expect(try pragma("synchronous") == "2")
      #expect(try pragma("foreign_keys") == "1")
      #expect(try pragma("page_size") == "8192")
      #expect(try pragma("application_id") == "\(0x434F_5244)")
      #expect(try pragma("integrity_check") == "ok")
      try ledger.close()
      try ledger.close()
      // One plain file is left, which needs nothing beside it.
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["ledger.sqlite"])
    }
  }

  @Test("every table is STRICT") func strict() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    let loose = try ledger.queue.read { db in
      try String.fetchAll(
        db,
        sql: """
          SELECT name FROM pragma_table_list
          WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'
          """)
    }
    #expect(loose == ["grdb_migrations"])
  }

  @Test("SQLite itself refuses a commit that loses a document") func conservation() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run())
    let before = try ledger.dump()
    for kept: Int64 in [5, 7] {
      var commit = Example.commit(shard: 0)
      commit.kept = kept
      let error = #expect(throws: LedgerError.self) { try ledger.commit(commit) }
      #expect(error?.code == .unaccounted && error?.consequence == .defect)
      #expect(error?.description.contains("conservation") == true)
    }
    #expect(try ledger.dump() == before)

    try ledger.commit(Example.commit(shard: 0))
    for change in ["kept = kept - 1", "read = read + 1", "dropped = -1, kept = kept + 2"] {
      let error = #expect(throws: DatabaseError.self) {
        try ledger.queue.write { db in
          try db.execute(sql: "DROP TRIGGER shard_run_no_update")
          try db.execute(sql: "UPDATE shard_run SET \(change)")
        }
      }
      #expect(error?.extendedResultCode == .SQLITE_CONSTRAINT_CHECK, "\(change)")
    }
  }

  @Test("rows that contradict the numbers are refused, and nothing is committed")
  func contradictions() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run())
    let before = try ledger.dump()
    let changes: [(String, (inout ShardCommit) -> Void)] = [
      ("exception missing", { $0.exceptions.removeLast() }),
      ("exception twice", { $0.exceptions.append($0.exceptions[0]) }),
      ("a kept exception", { $0.exceptions[0].verdict = .kept }),
      ("another verdict", { $0.exceptions[0].verdict = .quarantined }),
      ("a row too far", { $0.exceptions[3].row = 10 }),
      ("no reason", { $0.exceptions[0].reason = 0 }),
      ("a reason too far", { $0.exceptions[0].reason = 5 }),
      ("a rule too far", { $0.exceptions[0].rule = 4 }),
      ("a reason counted too low", { $0.reasonCounts[1] = 1 }),
      ("a reason counted too high", { $0.reasonCounts[1] = 9 }),
      ("counts missing", { $0.reasonCounts.removeLast() }),
      ("a duplicate without survivor", { $0.duplicates.removeLast() }),
      ("a survivor twice", { $0.duplicates.append($0.duplicates[0]) }),
      ("a survivor for a kept row", { $0.duplicates[0].row = 0 }),
      ("a survivor of itself", { $0.duplicates[1].survivorRow = 7 }),
      ("a survivor in no shard", { $0.duplicates[0].survivorShard = 3 }),
      ("a match twice", { $0.matches.append($0.matches[0]) }),
      ("a match of no rule", { $0.matches[0].rule = 0 }),
      ("a match of a rule too far", { $0.matches[0].rule = 4 }),
      ("a match in no row", { $0.matches[0].row = 10 }),
      ("records missing", { $0.records.bytes -= 64 }),
      ("kept without a part", { $0.output = nil }),
      ("more edited than read", { $0.edited = 11 }),
      ("a negative count", { ($0.read, $0.kept) = (-1, -5) }),
      ("no such shard", { $0.shard = 3 }),
      ("a file with two lengths", { $0.output = Artefact(sha256: $0.input.sha256, bytes: 1) }),
    ]
    for (name, change) in changes {
      var commit = Example.commit(shard: 0)
      change(&commit)
      let error = #expect(throws: LedgerError.self, "\(name)") { try ledger.commit(commit) }
      #expect(error?.code == .unaccounted, "\(name)")
    }
    #expect(try ledger.dump() == before)
    try ledger.commit(Example.commit(shard: 0))
  }

  @Test("200,000 exceptions in one commit") func bulk() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run(shards: ["big.jsonl"]))
    let count = 200_000
    var commit = Example.commit(shard: 0)
    commit.exceptions = (0..<count).map { row -> DecisionRecord in
      let isDuplicate = row % 4 == 0
      let text: [UInt8] = withUnsafeBytes(of: row) { Array($0) }
      return DecisionRecord(
        verdict: isDuplicate ? .duplicate : .dropped, flags: .hasID, reason: isDuplicate ? 2 : 1,
        row: UInt64(row), digest: Digest256(hashing: text),
        idHash: UInt64(row) &* 0x9E37_79B9_7F4A_7C15, textLength: UInt32(row), rule: 1)
    }
    commit.duplicates = (0..<count / 4).map {
      DuplicateRow(row: UInt64($0 * 4), survivorShard: 0, survivorRow: UInt64($0 * 4 + 1))
    }
    commit.matches = (0..<count).map {
      MatchRow(row: UInt64($0), rule: 1 + UInt32($0 % 3), start: UInt64($0), length: 7)
    }
    commit.read = Int64(count)
    (commit.kept, commit.quarantined, commit.repeatedIDs) = (0, 0, 0)
    (commit.dropped, commit.duplicate) = (Int64(count * 3 / 4), Int64(count / 4))
    commit.reasonCounts = [commit.dropped, commit.duplicate, 0, 0]
    commit.records.bytes = commit.read * 64
    try ledger.commit(commit)
    let summary = try ledger.finish(run: "c0ffee")
    #expect(summary.dropped == 150_000 && summary.duplicate == 50_000)
    for row: UInt64 in [0, 1, 77_777, 199_999] {
      #expect(
        try ledger.decision(run: "c0ffee", shard: 0, row: row) == commit.exceptions[Int(row)])
    }
    // Reads all rows back and compares their digest with that of the commit.
    try ledger.verify()
  }
}
