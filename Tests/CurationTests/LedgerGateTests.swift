@testable import Curation
import Foundation
import Ledger
import Streams
import TestSupport
import Testing

@Suite("The way to the ledger") struct LedgerGateTests {
  private struct Stop: Error {}

  private let run = RunDescription(
    id: "abc", kind: "curate", plan: [], settings: "{}", seed: 0, ruleSets: [], rules: [],
    reasons: ["exact-duplicate"], code: Example.code,
    machine: MachineDescription(os: "Linux", cpu: "one", cores: 2, sqlite: "3.40.1"),
    shards: ["a.jsonl", "b.jsonl"])

  private func commit(_ shard: Int) -> ShardCommit {
    let record = DecisionRecord(
      verdict: .kept, row: 0, digest: Example.digest("text \(shard)"), textLength: 1)
    var bytes = [UInt8](repeating: 0, count: DecisionRecord.byteCount)
    bytes.withUnsafeMutableBytes { record.write(to: $0) }
    var tree = MerkleTree()
    bytes.withUnsafeBytes { tree.append(leaf: $0) }
    let artefact = Artefact(sha256: Example.digest("shard \(shard)"), bytes: 10)
    return ShardCommit(
      run: "abc", shard: shard, attempt: 1, input: artefact, output: artefact, format: "jsonl",
      compression: "none", read: 1, kept: 1, dropped: 0, duplicate: 0, quarantined: 0, edited: 0,
      bytesRead: 10, bytesKept: 10, reasonCounts: [0],
      records: Artefact(sha256: Digest256(hashing: bytes), bytes: 64), root: tree.root,
      exceptions: [], duplicates: [], matches: [], damage: nil, repeatedIDs: 0)
  }

  private func withGates(
    _ body: (LedgerGate, _ lock: String?, _ path: String) throws -> Void
  ) throws {
    for isShared in [false, true] {
      try withScratchFolder { folder throws in
        let path = folder.path + "/ledger.sqlite"
        let lock = isShared ? folder.path + "/.ledger-lock" : nil
        try body(LedgerGate(path: path, run: "abc", sharedLock: lock), lock, path)
      }
    }
  }

  @Test("a shard is entered once; a second time changes nothing") func commits() throws {
    try withGates { gate, _, path throws in
      try gate.with { try $0.begin(run) }
      try gate.commit(commit(1), rows: NoRows())
      try gate.commit(commit(0), rows: NoRows())
      let before = try gate.with { try $0.dump() }
      #expect(throws: LedgerError.self) { try gate.commit(commit(0), rows: NoRows()) }
      #expect(try gate.with { try $0.dump() } == before)
      let summary = try gate.with { try $0.finish(run: gate.run) }
      #expect(summary.read == 2)
      try gate.close()
      try gate.close()
      #expect(!Folder.exists(path + "-wal"), "closed, the ledger is one file")
      #expect(try Ledger(reading: path).summary(of: "abc").root == summary.root)
    }
  }

  @Test("beside other processes the lock is held while the ledger is open, and only then")
  func sharing() throws {
    try withGates { gate, lock, path throws in
      try gate.with { ledger throws in
        try ledger.begin(run)
        guard let lock else { return }
        let error = #expect(throws: StreamsError.self) { _ = try FileLock(path: lock) }
        #expect(error?.code == .locked)
      }
      guard let lock else { return }
      _ = try FileLock(path: lock)
      #expect(!Folder.exists(path + "-wal"), "closed after each turn")
    }
  }

  @Test("an error passes through and leaves the gate open for the next") func errors() throws {
    try withGates { gate, lock, _ throws in
      try gate.with { try $0.begin(run) }
      #expect(throws: Stop.self) { try gate.with { _ in throw Stop() } }
      if let lock { _ = try FileLock(path: lock) }
      try gate.commit(commit(0), rows: NoRows())
      #expect(try gate.with { try $0.committedShards(of: "abc").count } == 1)
    }
  }

  @Test("one at a time, from however many threads") func threads() throws {
    try withGates { gate, _, _ throws in
      // Not atomic: the gate is what keeps it right.
      nonisolated(unsafe) var inside = 0
      nonisolated(unsafe) var passed = 0
      DispatchQueue.concurrentPerform(iterations: 40) { _ in
        try? gate.with { _ in
          inside += 1
          if inside == 1 { passed += 1 }
          inside -= 1
        }
      }
      #expect(passed == 40)
    }
  }
}
