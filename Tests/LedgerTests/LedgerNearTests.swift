import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

@Suite struct LedgerNearTests {
  @Test("similarities, measures and earlier snapshots come back as they went in")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    try ledger.verify()
    try ledger.verifyRoot(of: "c0ffee")
    let expected = NearExample.commit(shard: 1).similarities
    for row in UInt64(0)..<11 {
      #expect(
        try ledger.similarity(run: "c0ffee", shard: 1, row: row)
          == expected.first { $0.row == row })
    }
    #expect(try ledger.similarity(run: "beef", shard: 0, row: 1) == nil)
    #expect(try ledger.similarity(run: "c0ffee", shard: 1, row: .max) == nil)
    #expect(try ledger.description(of: "c0ffee").against == NearExample.against)
    #expect(try ledger.description(of: "beef").against.isEmpty)
    #expect(try ledger.summary(of: "c0ffee").measures == NearExample.measures)
    #expect(try ledger.summary(of: "beef").measures.isEmpty)
    #expect(expected[1].jaccard == 0.85)
  }

  @Test("the JSON of a summary has measures where there are some") func json() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    let measured = try ledger.summary(of: "c0ffee").json(seconds: 1)
    #expect(
      measured.hasSuffix(
        #","state":"COMPLETE","measures":{"candidates":12,"edges":3,"skippedPairs":0}}"#))
    #expect(try ledger.summary(of: "beef").json(seconds: 1).hasSuffix(#","state":"COMPLETE"}"#))
  }

  @Test("the log fixes measures, earlier snapshots and parents, and only where there are some")
  func log() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    let bodies = try ledger.queue.read { db in
      try Data.fetchAll(
        db, sql: "SELECT body FROM log_entry WHERE kind IN ('run', 'snapshot') ORDER BY idx")
    }.map { String(decoding: $0, as: UTF8.self) }
    #expect(bodies.count == 4)
    #expect(bodies[0].contains(#","shards":3,"against":""#))
    let root = try #require(try ledger.summary(of: "c0ffee").root)
    #expect(
      bodies[1]
        == #"{"kind":"snapshot","run":"c0ffee","root":"\#(root)","documents":18,"bytes":1770,"#
        + #""shards":3,"measures":{"candidates":12,"edges":3,"skippedPairs":0}}"#)
    #expect(bodies[2].hasSuffix(#","shards":1}"#))
    let next = try #require(try ledger.summary(of: "beef").root)
    #expect(
      bodies[3]
        == #"{"kind":"snapshot","run":"beef","root":"\#(next)","documents":17,"bytes":1670,"#
        + #""shards":3,"parent":{"run":"c0ffee","root":"\#(root)"}}"#)
  }

  @Test("evidence that cannot be is refused, and nothing is committed") func contradictions() throws
  {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(NearExample.run())
    let before = try ledger.dump()
    let changes: [(String, (inout ShardCommit) -> Void)] = [
      ("of a kept row", { $0.similarities[0].row = 3 }),
      ("of a row too far", { $0.similarities[2].row = 10 }),
      ("twice", { $0.similarities.append($0.similarities[0]) }),
      ("a cluster in no shard", { $0.similarities[0].clusterShard = 5 }),
      ("a cluster below the shards", { $0.similarities[0].clusterShard = -1 }),
      ("a cluster in no row", { $0.similarities[0].clusterRow = .max }),
      ("a neighbour in no shard", { $0.similarities[0].neighbourShard = 5 }),
      ("a neighbour in no row of an earlier snapshot", { $0.similarities[1].neighbourRow = 5 }),
      ("a cluster in an empty part", { $0.similarities[1].clusterShard = 4 }),
      ("its own neighbour", { $0.similarities[2].neighbourRow = 7 }),
      ("no shared shingle", { $0.similarities[0].shared = 0 }),
      ("more shared than united", { $0.similarities[0].united = 8 }),
      ("a survivor behind an earlier part's end", { $0.duplicates[0].survivorRow = 5 }),
      ("a survivor in no earlier part", { $0.duplicates[0].survivorShard = 5 }),
      (
        "a survivor for a dropped row",
        { $0.duplicates.append(DuplicateRow(row: 2, survivorShard: 0, survivorRow: 0)) }
      ),
    ]
    for (name, change) in changes {
      var commit = NearExample.commit(shard: 0)
      change(&commit)
      let error = #expect(throws: LedgerError.self, "\(name)") { try ledger.commit(commit) }
      #expect(error?.code == .unaccounted, "\(name)")
    }
    #expect(try ledger.dump() == before)
    try ledger.commit(NearExample.commit(shard: 0))
  }

  @Test("other evidence is another ledger", arguments: 0..<9) func distinct(_ change: Int) throws {
    func filled(changed: Bool) throws -> (dump: String, root: Digest256?, log: Digest256) {
      let folder = try TemporaryFolder()
      let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
      var run = NearExample.run()
      var measures = NearExample.measures
      var commits = (0..<3).map { NearExample.commit(shard: $0) }
      if changed {
        switch change {
        case 0: commits[1].similarities[0].shared -= 1
        case 1: commits[1].similarities[0].united += 1
        case 2: commits[1].similarities[0].clusterRow += 1
        case 3: commits[1].similarities[0].clusterShard += 1
        case 4: commits[1].similarities[0].neighbourRow += 1
        case 5: commits[1].similarities[0].neighbourShard = 0
        case 6: commits[1].similarities.removeLast()
        case 7: run.against[0].documents += 1
        default: measures[1].value += 1
        }
      }
      try ledger.begin(run)
      for commit in commits.reversed() { try ledger.commit(commit) }
      let summary = try ledger.finish(run: "c0ffee", measures: measures)
      try ledger.verify()
      return (try ledger.dump(), summary.root, try ledger.logRoot().root)
    }
    let (plain, other) = (try filled(changed: false), try filled(changed: true))
    #expect(plain.dump != other.dump && plain.log != other.log)
    #expect((plain.root != other.root) == (change < 7))
  }

  @Test("a run that is compared with something else is another run") func against() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(NearExample.run())
    try ledger.begin(NearExample.run())
    let error = #expect(throws: LedgerError.self) { try ledger.begin(Example.run()) }
    #expect(error?.code == .differentRun)
    #expect(error?.description.contains("the list of earlier snapshots differs") == true)
  }
}
