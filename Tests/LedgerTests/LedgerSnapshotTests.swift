import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

@Suite struct LedgerSnapshotTests {
  @Test("a snapshot has its parent's parts, but for those that its run wrote") func parts() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    let first = try #require(try ledger.snapshot(of: "c0ffee"))
    #expect(first.parent == nil && first.documents == 18 && first.bytes == 1770)
    #expect(first.parts.map(\.path) == ["a.jsonl", "b.jsonl.gz", "c/d.txt"])
    #expect(first.parts.map(\.run) == ["c0ffee", "c0ffee", "c0ffee"])
    let second = try #require(try ledger.snapshot(of: "beef"))
    #expect(second.parent == "c0ffee" && second.documents == 17 && second.bytes == 1670)
    #expect(second.parts.map(\.run) == ["c0ffee", "beef", "c0ffee"])
    #expect(second.parts.map(\.shard) == [0, 0, 2])
    #expect(second.parts.map(\.documents) == [6, 5, 6])
    #expect(second.parts[1].output == NearExample.takedownCommit("beef").output)
    #expect(second.parts[0] == first.parts[0] && second.parts[2] == first.parts[2])
    #expect(try ledger.summary(of: "beef").root == second.root)
  }

  @Test("the newest snapshot is found from the first, past runs of others") func newest() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    try ledger.begin(Example.run("other"))
    for shard in 0..<3 { try ledger.commit(Example.commit(shard: shard, run: "other")) }
    #expect(try ledger.snapshot(of: "other") == nil)
    #expect(try ledger.newestSnapshot(from: "other") == nil)
    #expect(try ledger.lineage(from: "other") == ["other"])
    _ = try ledger.finish(run: "other")
    try ledger.begin(NearExample.takedown("third"))
    try ledger.commit(NearExample.takedownCommit("third"))
    _ = try ledger.finish(run: "third", parent: "beef")
    #expect(try ledger.newestSnapshot(from: "c0ffee")?.run == "third")
    #expect(try ledger.newestSnapshot(from: "other")?.run == "other")
    #expect(try ledger.newestSnapshot()?.run == "third")
    #expect(try ledger.lineage(from: "c0ffee") == ["c0ffee", "beef", "third"])
    #expect(try ledger.lineage(from: "beef") == ["beef", "third"])
    #expect(throws: LedgerError.self) { try ledger.newestSnapshot(from: "dead") }
    try ledger.verify()
  }

  @Test("a snapshot is changed once; one that is not there, never") func refusals() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    try ledger.begin(NearExample.takedown("late"))
    try ledger.commit(NearExample.takedownCommit("late"))
    let before = try ledger.dump()
    let late = #expect(throws: LedgerError.self) {
      try ledger.finish(run: "late", parent: "c0ffee")
    }
    #expect(late?.code == .superseded && late?.consequence == .usage)
    #expect(late?.description.contains("was changed already, by run beef") == true)
    for (parent, code) in [("dead", LedgerError.Code.unknownRun), ("late", .unfinishedRun)] {
      let error = #expect(throws: LedgerError.self) {
        try ledger.finish(run: "late", parent: parent)
      }
      #expect(error?.code == code)
    }
    #expect(try ledger.dump() == before)

    try ledger.begin(NearExample.takedown("astray", shards: ["b.jsonl"]))
    try ledger.commit(NearExample.takedownCommit("astray"))
    let astray = #expect(throws: LedgerError.self) {
      try ledger.finish(run: "astray", parent: "beef")
    }
    #expect(astray?.code == .unaccounted)
    _ = try ledger.finish(run: "late", parent: "beef")
    try ledger.verify()
  }

  @Test("a snapshot before the end of its run is seen") func unfinished() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    try ledger.begin(NearExample.takedown("half"))
    for sql in [
      "INSERT INTO snapshot SELECT 9, id, 0, 0, zeroblob(32) FROM run WHERE name = 'half'",
      "INSERT INTO measure SELECT id, 0, 'edges', 1 FROM run WHERE name = 'half'",
    ] {
      try ledger.queue.writeWithoutTransaction { db in
        try db.execute(sql: "SAVEPOINT change")
        defer { try? db.execute(sql: "ROLLBACK TO change; RELEASE change") }
        try db.execute(sql: sql)
        let error = #expect(throws: LedgerError.self) { try ledger.verify(db) }
        #expect(error?.code == .altered)
      }
    }
    try ledger.verify()
  }
}
