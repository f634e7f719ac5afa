import Foundation
import Ledger
import Streams

/// A folder that goes away with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cordon-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}

/// Invented runs and commits.
enum Example {
  static func digest(_ name: String) -> Digest256 { Digest256(hashing: Array(name.utf8)) }

  static func run(
    _ id: String = "c0ffee", shards: [String] = ["a.jsonl", "b.jsonl.gz", "c/d.txt"]
  ) -> RunDescription {
    RunDescription(
      id: id, kind: "curate", plan: Array("plan: demo\nversion: 1\n".utf8), settings: "{}",
      seed: .max - 1,
      ruleSets: [
        RuleSetRow(name: "toxins", version: "1", body: Array("pack: toxins\n".utf8)),
        RuleSetRow(name: "names", version: "2", body: Array("pack: names\n".utf8)),
      ],
      rules: [
        RuleRow(name: "blocklist/toxins@1#0", ruleSet: 0),
        RuleRow(name: "blocklist/toxins@1#1", ruleSet: 0),
        RuleRow(name: "blocklist/names@2#0", ruleSet: 1),
      ],
      reasons: ["blocklist/toxins@1", "exact-duplicate", "invalid-json", "blocklist/names@2"],
      code: CodeVersion(
        version: "0.1", binary: digest("binary"), swift: "6.3.1", libraries: "zlib 1.2.13"),
      machine: MachineDescription(os: "Linux", cpu: "one", cores: 2, sqlite: "3.40.1"),
      shards: shards)
  }

  /// Ten rows: 1 dropped, 2 duplicate, 1 quarantined, 6 kept, of which one is tagged and edited.
  static func commit(shard: Int, run: String = "c0ffee", attempt: Int = 1) -> ShardCommit {
    let records = records(shard: shard)
    return ShardCommit(
      run: run, shard: shard, attempt: attempt,
      input: Artefact(sha256: digest("input \(shard)"), bytes: 1000 + Int64(shard)),
      output: Artefact(sha256: digest("output \(shard)"), bytes: 600), format: "jsonl",
      compression: "none", read: 10, kept: 6, dropped: 1, duplicate: 2, quarantined: 1, edited: 1,
      bytesRead: 990, bytesKept: 590, reasonCounts: [1, 2, 1, 1],
      records: Artefact(sha256: Digest256(hashing: bytes(of: records)), bytes: 640),
      root: root(of: records), exceptions: records.filter { $0.verdict != .kept },
      duplicates: [
        DuplicateRow(row: 4, survivorShard: 0, survivorRow: 0),
        DuplicateRow(row: 7, survivorShard: shard, survivorRow: 5),
      ],
      matches: [
        MatchRow(row: 2, rule: 1, start: 10, length: 7),
        MatchRow(row: 2, rule: 2, start: 30, length: 9),
        MatchRow(row: 9, rule: 3, start: 0, length: 4),
      ],
      damage: shard == 1 ? "truncated-stream" : nil, repeatedIDs: 1)
  }

  static func records(shard: Int) -> [DecisionRecord] {
    (0..<10).map { row in
      let text = Array("shard \(shard) row \(row)".utf8)
      let id = Array("id-\(shard)-\(row)".utf8)
      var record = DecisionRecord(
        verdict: .kept, flags: .hasID, row: UInt64(row), digest: Digest256(hashing: text),
        idHash: id.withUnsafeBytes { DecisionRecord.hash(ofID: $0) },
        textLength: UInt32(text.count))
      switch row {
      case 2: (record.verdict, record.reason, record.rule) = (.dropped, 1, 1)
      case 4, 7: (record.verdict, record.reason) = (.duplicate, 2)
      case 6: (record.verdict, record.reason, record.flags) = (.quarantined, 3, .unreadable)
      case 9: (record.flags, record.rule) = ([.hasID, .tagged, .edited], 3)
      default: break
      }
      return record
    }
  }

  static func bytes(of records: [DecisionRecord]) -> [UInt8] {
    records.flatMap { record in
      var bytes = [UInt8](repeating: 0, count: DecisionRecord.byteCount)
      bytes.withUnsafeMutableBytes { record.write(to: $0) }
      return bytes
    }
  }

  static func root(of records: [DecisionRecord]) -> Digest256 {
    var tree = MerkleTree()
    for record in records { bytes(of: [record]).withUnsafeBytes { tree.append(leaf: $0) } }
    return tree.root
  }
}
