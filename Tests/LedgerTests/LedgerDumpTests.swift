import Foundation
import Ledger
import Streams
import Testing

@Suite struct LedgerDumpTests {
  static func dump(order: [Int], attempts: [Int], cores: Int, reopen: Bool) throws -> String {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    var ledger = try Ledger(creating: path)
    var run = Example.run()
    run.machine.cores = cores
    try ledger.begin(run)
    for (shard, attempt) in zip(order, attempts) {
      if reopen {
        try ledger.close()
        ledger = try Ledger(creating: path)
        try ledger.begin(run)
      }
      var commit = Example.commit(shard: shard, attempt: attempt)
      commit.exceptions.reverse()
      commit.matches.reverse()
      try ledger.commit(commit)
    }
    _ = try ledger.finish(run: "c0ffee")
    return try ledger.dump()
  }

  @Test("the dump does not know the order, the attempts, the machine, the pauses")
  func canonical() throws {
    let first = try Self.dump(order: [0, 1, 2], attempts: [1, 1, 1], cores: 2, reopen: false)
    let second = try Self.dump(order: [2, 0, 1], attempts: [1, 4, 2], cores: 8, reopen: true)
    #expect(first == second)
  }

  @Test("the dump tells other content apart", arguments: 0..<7) func complete(_ change: Int) throws
  {
    func dump(changed: Bool) throws -> String {
      let folder = try TemporaryFolder()
      let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
      try ledger.begin(Example.run())
      var commit = Example.commit(shard: 0)
      if changed {
        switch change {
        case 0: commit.exceptions[0].digest = Example.digest("other")
        case 1: commit.duplicates[0].survivorRow = 3
        case 2: commit.matches[0].start += 1
        case 3: commit.bytesKept += 1
        case 4: commit.damage = "corrupt-stream"
        case 5: commit.reasonCounts[3] = 2
        default: commit.input.sha256 = Example.digest("other")
        }
      }
      try ledger.commit(commit)
      return try ledger.dump()
    }
    #expect(try dump(changed: true) != dump(changed: false))
  }

  @Test("every row of every table is a line, times and counters are not") func lines() throws {
    let text = try Self.dump(order: [0, 1, 2], attempts: [1, 1, 1], cores: 2, reopen: false)
    var tables: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      tables[try #require(object["table"] as? String), default: 0] += 1
      #expect(!object.keys.contains { $0.hasSuffix("_us") || $0 == "attempt" || $0 == "id" })
    }
    #expect(
      tables == [
        "artefact": 9, "ruleset": 2, "code_version": 1, "run": 1, "run_ruleset": 2, "rule": 3,
        "reason": 4, "shard": 3, "shard_run": 3, "reason_count": 12, "decision": 12,
        "duplicate": 6, "rule_match": 9, "snapshot": 1, "snapshot_part": 3, "log_entry": 7,
      ])
  }
}
