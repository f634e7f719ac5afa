import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

@Suite struct LedgerErrorTests {
  @Test("SQLite's codes become ours")
  func codes() {
    let expected: [(ResultCode, LedgerError.Code, Consequence)] = [
      (.SQLITE_FULL, .full, .resource),
      (.SQLITE_IOERR, .inputOutput, .resource),
      (.SQLITE_IOERR_WRITE, .inputOutput, .resource),
      (.SQLITE_IOERR_FSYNC, .inputOutput, .resource),
      (.SQLITE_NOMEM, .full, .resource),
      (.SQLITE_BUSY, .locked, .resource),
      (.SQLITE_BUSY_SNAPSHOT, .locked, .resource),
      (.SQLITE_LOCKED, .locked, .resource),
      (.SQLITE_READONLY, .readOnly, .usage),
      (.SQLITE_READONLY_DIRECTORY, .readOnly, .usage),
      (.SQLITE_PERM, .readOnly, .usage),
      (.SQLITE_CANTOPEN, .cannotOpen, .usage),
      (.SQLITE_CANTOPEN_ISDIR, .cannotOpen, .usage),
      (.SQLITE_CORRUPT, .damaged, .usage),
      (.SQLITE_NOTADB, .damaged, .usage),
      (.SQLITE_CONSTRAINT_CHECK, .unaccounted, .defect),
      (.SQLITE_MISUSE, .database, .defect),
    ]
    for (result, code, consequence) in expected {
      let error = LedgerError(
        DatabaseError(
          resultCode: result, message: "words", sql: "INSERT INTO t VALUES (?)",
          arguments: ["a secret"], publicStatementArguments: true),
        ledger: "/out/ledger.sqlite")
      #expect(error.code == code && error.consequence == consequence, "\(result)")
      #expect(error.description.hasPrefix("/out/ledger.sqlite: "))
      #expect(!error.description.contains("secret") && !error.description.contains("INSERT"))
    }
  }

  @Test("no room: the commit fails as a whole, later ones succeed") func full() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run())
    try ledger.commit(Example.commit(shard: 0))
    let before = try ledger.dump()
    func limit(_ pages: String) throws {
      try ledger.queue.writeWithoutTransaction { db in
        _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages)")
      }
    }
    var large = Example.commit(shard: 1)
    large.matches = (0..<50_000).map { MatchRow(row: 0, rule: 1, start: $0, length: 1) }
    try limit("1")  // SQLite raises it to the pages in use: nothing more fits.
    let error = #expect(throws: LedgerError.self) { try ledger.commit(large) }
    #expect(error?.code == .full && error?.consequence == .resource)
    #expect(try ledger.dump() == before)
    try limit("1073741823")
    try ledger.commit(large)
    try ledger.verify()
  }

  @Test("a lock held by another process") func locked() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    let ledger = try Ledger(creating: path, patience: 0)
    let other = try DatabaseQueue(path: path)
    try other.writeWithoutTransaction { db in
      try db.execute(sql: "BEGIN IMMEDIATE")
      let error = #expect(throws: LedgerError.self) { try ledger.begin(Example.run()) }
      #expect(error?.code == .locked && error?.consequence == .resource)
      try db.execute(sql: "ROLLBACK")
    }
    try ledger.begin(Example.run())
  }

  @Test("what is no ledger is not taken for one") func foreign() throws {
    let folder = try TemporaryFolder()
    let other = folder.file("other.sqlite")
    try DatabaseQueue(path: other).write { db in try db.execute(sql: "CREATE TABLE t(a)") }
    let text = folder.file("text.sqlite")
    try Data(repeating: 65, count: 5000).write(to: URL(fileURLWithPath: text))
    for (path, code) in [(other, LedgerError.Code.foreign), (text, .damaged)] {
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      let writing = #expect(throws: LedgerError.self) { try Ledger(creating: path) }
      let reading = #expect(throws: LedgerError.self) { try Ledger(reading: path) }
      #expect(writing?.code == code && reading?.code == code && reading?.consequence == .usage)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }
  }

  @Test("no file, no folder, a folder for a file") func absent() throws {
    let folder = try TemporaryFolder()
    let missing = #expect(throws: LedgerError.self) {
      try Ledger(reading: folder.file("ledger.sqlite"))
    }
    #expect(missing?.code == .missing && missing?.consequence == .input)
    for path in [folder.file("no/ledger.sqlite"), folder.path] {
      let error = #expect(throws: LedgerError.self) { try Ledger(creating: path) }
      #expect(error?.code == .cannotOpen && error?.consequence == .usage)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("ledger.sqlite")))
  }

  @Test("a ledger from the future is refused") func newer() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    do {
      let ledger = try Ledger(creating: path)
      try ledger.queue.write { db in
        try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('99 something')")
      }
    }
    #expect(#expect(throws: LedgerError.self) { try Ledger(creating: path) }?.code == .newer)
    #expect(#expect(throws: LedgerError.self) { try Ledger(reading: path) }?.code == .newer)
  }

  @Test("pages full of something else are an error, never a wrong answer") func corrupt() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    do {
      let ledger = try Ledger(creating: path)
      try ledger.begin(Example.run())
      for shard in 0..<3 { try ledger.commit(Example.commit(shard: shard)) }
      _ = try ledger.finish(run: "c0ffee")
    }
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    let pages = whole.count / 8192
    #expect(pages > 20)
    for page in 1..<pages {
      var changed = whole
      changed.replaceSubrange(page * 8192..<page * 8192 + 8192, with: Data(count: 8192))
      try changed.write(to: URL(fileURLWithPath: path))
      do {
        let ledger = try Ledger(reading: path)
        try ledger.verify()
        // An index of nothing that is asked, or a free page: what is answered must be right.
        #expect(try ledger.summary(of: nil).read == 30)
      } catch {
        #expect([.damaged, .altered, .unknownRun, .database].contains(error.code), "\(error)")
      }
    }
  }

  @Test("a reader beside the writer; a reader after a kill") func readers() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    let ledger = try Ledger(creating: path)
    try ledger.begin(Example.run())
    try ledger.commit(Example.commit(shard: 0))
    let reader = try Ledger(reading: path)
    #expect(try reader.summary(of: nil).shards == 1)
    try ledger.commit(Example.commit(shard: 1))
    #expect(try reader.summary(of: nil).shards == 2)
    #expect(throws: LedgerError.self) { try reader.commit(Example.commit(shard: 2)) }

    // What a killed writer leaves: the file and its log, without the shared memory.
    let left = folder.file("left.sqlite")
    try FileManager.default.copyItem(atPath: path, toPath: left)
    try FileManager.default.copyItem(atPath: path + "-wal", toPath: left + "-wal")
    let after = try Ledger(reading: left)
    #expect(try after.dump() == ledger.dump())
    try after.close()
    let again = try Ledger(creating: left)
    try again.commit(Example.commit(shard: 2))
    _ = try again.finish(run: "c0ffee")
    try again.verify()
  }
}
