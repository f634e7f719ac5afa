import Foundation
import Ledger
import Streams

/// The output folder of an invented curation, made by the ledger and by hand.
final class OutputFixture {
  struct Document {
    var text: String
    var id: String?
    var verdict = Verdict.kept
    var flags: DecisionRecord.Flags = []
    var reason: UInt16 = 0
    var rule: UInt32 = 0
    var survivor: (shard: Int, row: UInt64)?
    var matches: [(rule: UInt32, start: UInt64, length: UInt32)] = []
  }

  let folder: String

  init(_ shards: [(path: String, documents: [Document])], finish: Bool = true) throws {
    folder =
      FileManager.default.temporaryDirectory.appendingPathComponent("cordon-" + UUID().uuidString)
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let ledger = try Ledger(creating: folder + "/ledger.sqlite")
    try ledger.begin(Self.run(shards.map(\.path)))
    for (index, shard) in shards.enumerated() {
      if !finish && index == shards.count - 1 { return }
      try ledger.commit(write(shard.documents, index, shard.path))
    }
    _ = try ledger.finish(run: "c0ffee")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func decisions(_ shard: String, _ ending: String) -> URL {
    URL(fileURLWithPath: "\(folder)/decisions/\(shard).\(ending)")
  }

  static let pack = Array("pack: toxins\nversion: 3\n".utf8)

  private static func run(_ shards: [String]) -> RunDescription {
    RunDescription(
      id: "c0ffee", kind: "curate", plan: [], settings: "{}", seed: 0,
      ruleSets: [RuleSetRow(name: "toxins", version: "3", body: pack)],
      rules: [
        RuleRow(name: "blocklist/toxins@3#0", ruleSet: 0),
        RuleRow(name: "blocklist/toxins@3#1", ruleSet: 0),
      ],
      reasons: ["blocklist/toxins@3", "exact-duplicate", "invalid-utf8"],
      code: CodeVersion(version: "0", binary: .zero, swift: "6.3.1", libraries: ""),
      machine: MachineDescription(os: "", cpu: "", cores: 1, sqlite: ""), shards: shards)
  }

  private func write(
    _ documents: [Document], _ index: Int, _ path: String
  ) throws -> ShardCommit {
    var records: [UInt8] = []
    var ids: [UInt8] = []
    var tree = MerkleTree()
    var exceptions: [DecisionRecord] = []
    for (row, document) in documents.enumerated() {
      let record = Self.record(document, row)
      var bytes = [UInt8](repeating: 0, count: 64)
      bytes.withUnsafeMutableBytes { record.write(to: $0) }
      bytes.withUnsafeBytes { tree.append(leaf: $0) }
      records += bytes
      let id = document.id.map { Array($0.utf8) }
      withUnsafeBytes(of: (id.map { UInt32($0.count) } ?? .max).littleEndian) { ids += $0 }
      ids += id ?? []
      if record.verdict != .kept { exceptions.append(record) }
    }
    let file = decisions(path, "records")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(records).write(to: file)
    try Data(ids).write(to: decisions(path, "ids"))

    func count(_ verdict: Verdict) -> Int64 {
      Int64(documents.count { $0.verdict == verdict })
    }
    return ShardCommit(
      run: "c0ffee", shard: index, attempt: 1,
      input: Artefact(sha256: Digest256(hashing: Array(path.utf8)), bytes: 1),
      output: Artefact(sha256: Digest256(hashing: Array(("out " + path).utf8)), bytes: 1),
      format: "jsonl", compression: "none", read: Int64(documents.count), kept: count(.kept),
      dropped: count(.dropped), duplicate: count(.duplicate), quarantined: count(.quarantined),
      edited: Int64(documents.count { $0.flags.contains(.edited) }), bytesRead: 1, bytesKept: 1,
      reasonCounts: (1...3).map { reason in
        Int64(documents.count { $0.verdict != .kept && $0.reason == reason })
      },
      records: Artefact(sha256: Digest256(hashing: records), bytes: Int64(records.count)),
      root: tree.root, exceptions: exceptions,
      duplicates: documents.enumerated().compactMap { row, document in
        document.survivor.map {
          DuplicateRow(row: UInt64(row), survivorShard: $0.shard, survivorRow: $0.row)
        }
      },
      matches: documents.enumerated().flatMap { row, document in
        document.matches.map {
          MatchRow(row: UInt64(row), rule: $0.rule, start: $0.start, length: $0.length)
        }
      }, damage: nil, repeatedIDs: 0)
  }

  private static func record(_ document: Document, _ row: Int) -> DecisionRecord {
    let id = document.id.map { Array($0.utf8) }
    return DecisionRecord(
      verdict: document.verdict, flags: document.flags.union(id == nil ? [] : .hasID),
      reason: document.reason, row: UInt64(row),
      digest: Digest256(hashing: Array(document.text.utf8)),
      idHash: id?.withUnsafeBytes { DecisionRecord.hash(ofID: $0) } ?? 0,
      textLength: UInt32(document.text.utf8.count), rule: document.rule)
  }
}
