import Foundation
import Ledger
import Streams
import Testing

@Suite struct LedgerRunTests {
  @Test("a run from its beginning to its end") func wholeRun() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run())
    for shard in 0..<3 { try ledger.commit(Example.commit(shard: shard)) }
    let summary = try ledger.finish(run: "c0ffee")

    #expect(summary.read == 30 && summary.kept == 18 && summary.dropped == 3)
    #expect(summary.duplicate == 6 && summary.quarantined == 3 && summary.edited == 3)
    #expect(summary.shards == 3 && summary.plannedShards == 3)
    #expect(summary.bytesRead == 2970 && summary.bytesKept == 1770)
    #expect(summary.repeatedIDs == 3 && summary.damagedShards == 1)
    #expect(summary.state == .complete)
    let reasons = summary.reasons.map { "\($0.reason) \($0.documents)" }
    #expect(
      reasons == [
        "blocklist/toxins@1 3", "exact-duplicate 6", "invalid-json 3", "blocklist/names@2 3",
      ])
    #expect(try ledger.summary(of: nil) == summary)
    #expect(try ledger.summary(of: "c0ffee") == summary)
    #expect(try ledger.runs() == ["c0ffee"])
    try ledger.verify()
  }

  @Test("the summary as JSON has the keys of the command line") func summaryJSON() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run(shards: ["a.jsonl"]))
    let empty = try ledger.summary(of: nil)
    #expect(
      empty.json()
        == #"{"run":"c0ffee","read":0,"kept":0,"dropped":0,"duplicate":0,"quarantined":0,"#
        + #""edited":0,"reasons":{},"shards":0,"bytesRead":0,"bytesKept":0,"seconds":null,"#
        + #""root":null,"repeatedIds":0,"damagedShards":0,"state":"START"}"#)
    try ledger.commit(Example.commit(shard: 0))
    let done = try ledger.finish(run: "c0ffee")
    let root = try #require(done.root)
    #expect(
      done.json(seconds: 1.5)
        == #"{"run":"c0ffee","read":10,"kept":6,"dropped":1,"duplicate":2,"quarantined":1,"#
        + #""edited":1,"reasons":{"blocklist/toxins@1":1,"exact-duplicate":2,"invalid-json":1,"#
        + #""blocklist/names@2":1},"shards":1,"bytesRead":990,"bytesKept":590,"seconds":1.5,"#
        + #""root":"\#(root)","repeatedIds":1,"damagedShards":0,"state":"COMPLETE"}"#)
  }

  @Test("a run is begun again with the same content, also from another machine") func again()
    throws
  {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run())
    try ledger.commit(Example.commit(shard: 1))
    var elsewhere = Example.run()
    elsewhere.machine.cores = 64
    try ledger.begin(elsewhere)
    #expect(try ledger.committedShards(of: "c0ffee").keys.sorted() == [1])
    #expect(try ledger.description(of: "c0ffee").machine.cores == 2)
  }

  @Test("other content under the same id is refused, and the difference named")
  func otherContent() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run())
    let before = try ledger.dump()
    let changes: [(String, (inout RunDescription) -> Void)] = [
      ("the plan", { $0.plan.append(10) }),
      ("the settings", { $0.settings = "{\"a\":1}" }),
      ("the seed", { $0.seed = 3 }),
      ("the list of shards", { $0.shards.removeLast() }),
      ("a rule set", { $0.ruleSets[1].body.append(10) }),
      ("the list of rules", { $0.rules.removeLast() }),
      ("the list of reasons", { $0.reasons[0] = "other" }),
      ("the program", { $0.code.binary = Example.digest("other") }),
    ]
    for (part, change) in changes {
      var run = Example.run()
      change(&run)
      let error = #expect(throws: LedgerError.self) { try ledger.begin(run) }
      #expect(error?.code == .differentRun && error?.consequence == .usage)
      #expect(error?.description.contains("\(part) differs") == true, "\(part)")
    }
    #expect(try ledger.dump() == before)
  }

  @Test("a description comes back as it went in") func description() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    // Two spellings of é are two shards: bytes count, not what Swift calls equal.
    let run = Example.run(shards: ["e\u{301}.jsonl", "\u{E9}.jsonl"])
    try ledger.begin(run)
    let stored = try ledger.description(of: run.id)
    #expect(stored.plan == run.plan && stored.seed == run.seed && stored.kind == run.kind)
    #expect(stored.ruleSets == run.ruleSets && stored.rules == run.rules)
    #expect(stored.reasons == run.reasons && stored.code == run.code)
    #expect(stored.machine == run.machine)
    #expect(stored.shards.map { Array($0.utf8) } == run.shards.map { Array($0.utf8) })
  }

  @Test("totals and rows come back as they went in") func lookup() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run())
    let commit = Example.commit(shard: 1, attempt: 3)
    try ledger.commit(commit)
    let totals = try #require(try ledger.committedShards(of: "c0ffee")[1])
    #expect(totals.attempt == 3 && totals.input == commit.input && totals.output == commit.output)
    #expect(totals.records == commit.records && totals.root == commit.root)
    #expect(totals.reasonCounts == commit.reasonCounts && totals.damage == "truncated-stream")
    for row in UInt64(0)..<11 {
      let expected = commit.exceptions.first { $0.row == row }
      #expect(try ledger.decision(run: "c0ffee", shard: 1, row: row) == expected)
      let survivor = commit.duplicates.first { $0.row == row }
      #expect(try ledger.duplicate(run: "c0ffee", shard: 1, row: row) == survivor)
      let matches = commit.matches.filter { $0.row == row }
      #expect(try ledger.matches(run: "c0ffee", shard: 1, row: row) == matches)
    }
    #expect(try ledger.decision(run: "c0ffee", shard: 0, row: 2) == nil)
    #expect(try ledger.decision(run: "other", shard: 1, row: 2) == nil)
    #expect(try ledger.decision(run: "c0ffee", shard: 1, row: .max) == nil)
  }

  @Test("half-way: no finish, no root; what is committed stays") func halfWay() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    do {
      let ledger = try Ledger(creating: path)
      try ledger.begin(Example.run())
      try ledger.commit(Example.commit(shard: 2))
      let error = #expect(throws: LedgerError.self) { try ledger.finish(run: "c0ffee") }
      #expect(error?.code == .unfinishedRun)
      #expect(error?.description.contains("1 of 3 shards") == true)
      let noRoot = #expect(throws: LedgerError.self) { try ledger.verifyRoot(of: "c0ffee") }
      #expect(noRoot?.code == .unfinishedRun)
    }
    let ledger = try Ledger(creating: path)
    let summary = try ledger.summary(of: nil)
    #expect(summary.state == .started && summary.root == nil && summary.shards == 1)
    #expect(try ledger.logRoot().size == 0)
    for shard in 0..<2 { try ledger.commit(Example.commit(shard: shard)) }
    let done = try ledger.finish(run: "c0ffee")
    #expect(done.state == .complete)
    try ledger.verifyRoot(of: "c0ffee")
    // The second time nothing happens.
    let before = try ledger.dump()
    #expect(try ledger.finish(run: "c0ffee") == done)
    #expect(try ledger.dump() == before)
  }

  @Test("a shard is committed once; a complete run takes nothing") func once() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(Example.run(shards: ["a.jsonl"]))
    try ledger.commit(Example.commit(shard: 0))
    let again = #expect(throws: LedgerError.self) {
      try ledger.commit(Example.commit(shard: 0, attempt: 2))
    }
    #expect(again?.code == .alreadyCommitted)
    #expect(again?.description.contains("a.jsonl") == true)
    _ = try ledger.finish(run: "c0ffee")
    let late = #expect(throws: LedgerError.self) { try ledger.commit(Example.commit(shard: 0)) }
    #expect(late?.code == .finishedRun)
    let unknown = #expect(throws: LedgerError.self) {
      try ledger.commit(Example.commit(shard: 0, run: "dead"))
    }
    #expect(unknown?.code == .unknownRun)
    #expect(
      #expect(throws: LedgerError.self) { try ledger.summary(of: "dead") }?.code == .unknownRun)
  }

  @Test("a run without shards is complete at once") func noShards() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    #expect(#expect(throws: LedgerError.self) { try ledger.summary(of: nil) }?.code == .unknownRun)
    try ledger.begin(Example.run(shards: []))
    let summary = try ledger.finish(run: "c0ffee")
    #expect(summary.read == 0 && summary.root == Digest256(hashing: []))
    try ledger.verify()
  }

  @Test("the log: run, rule sets once, shards in order, snapshot") func log() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    for run in ["c0ffee", "beef"] {
      try ledger.begin(Example.run(run))
      for shard in [2, 0, 1] { try ledger.commit(Example.commit(shard: shard, run: run)) }
      _ = try ledger.finish(run: run)
    }
    let kinds = try ledger.dump().split(separator: "\n").filter { $0.contains("\"log_entry\"") }
      .compactMap { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return object?["kind"] as? String
      }
    let shards = ["shard-commit", "shard-commit", "shard-commit", "snapshot"]
    #expect(kinds == ["run", "ruleset", "ruleset"] + shards + ["run"] + shards)
    #expect(try ledger.logRoot().size == 12)
    #expect(try ledger.summary(of: nil).run == "beef")
    try ledger.verify()
  }
}
