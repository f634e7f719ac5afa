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
    var near: (neighbour: (Int, UInt64), cluster: (Int, UInt64), shared: UInt32, united: UInt32)?
    var matches: [(rule: UInt32, start: UInt64, length: UInt32)] = []
  }

  let folder: String
  /// The documents of each part as it stands.
  private(set) var standing: [String: [Document]] = [:]

  init(
    _ shards: [(path: String, documents: [Document])], finish: Bool = true,
    settings: String = "{}"
  ) throws {
    folder =
      FileManager.default.temporaryDirectory.appendingPathComponent("cordon-" + UUID().uuidString)
      .path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let ledger = try Ledger(creating: folder + "/ledger.sqlite")
    var run = Self.run(shards.map(\.path))
    run.settings = settings
    try ledger.begin(run)
    for (index, shard) in shards.enumerated() {
      if !finish && index == shards.count - 1 { return }
      try ledger.commit(write(shard.documents, index, shard.path, of: run))
    }
    _ = try ledger.finish(run: "c0ffee")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// Takes documents out of one part, by their place in it, as a takedown does.
  func takeDown(_ rows: Set<Int>, of path: String, run id: String, parent: String) throws {
    var run = Self.run([path])
    (run.id, run.kind, run.ruleSets, run.rules) = (id, "takedown", [], [])
    (run.reasons, run.against) = (["takedown"], [])
    let ledger = try Ledger(creating: folder + "/ledger.sqlite")
    try ledger.begin(run)
    let documents = (standing[path] ?? []).enumerated().map { row, document in
      Document(
        text: document.text, id: document.id, verdict: rows.contains(row) ? .dropped : .kept,
        reason: rows.contains(row) ? 1 : 0)
    }
    try ledger.commit(write(documents, 0, path, of: run))
    _ = try ledger.finish(run: id, parent: parent)
  }

  func part(_ path: String) -> URL { URL(fileURLWithPath: "\(folder)/corpus/\(path)") }

  /// Writes the part of these documents, those that are kept.
  private func writePart(_ documents: [Document], _ path: String) throws -> Artefact {
    let kept = documents.filter { $0.verdict == .kept }
    standing[path] = kept
    var content: [UInt8] = []
    for document in kept {
      guard !path.hasSuffix(".txt") else {
        content += Array(document.text.utf8)
        continue
      }
      var json = JSONText()
      json.object { json in
        if let id = document.id { json.member("id", id) }
        json.object("doc") { $0.member("body", document.text) }
        json.member("text", document.text)
      }
      content += json.bytes + [0x0A]
    }
    let block = ByteBlock(capacity: max(1, content.count))
    try content.withUnsafeBytes {
      try FrameEncoder(path.hasSuffix(".gz") ? .gzip : .none).encode($0, into: block)
    }
    let file = part(path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(block.bytes).write(to: file)
    return Artefact(
      sha256: Digest256(hashing: Array(block.bytes)), bytes: Int64(block.count))
  }

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
      reasons: [
        "blocklist/toxins@3", "exact-duplicate", "invalid-utf8", "near-duplicate", "contagion",
      ],
      code: CodeVersion(version: "0", binary: .zero, swift: "6.3.1", libraries: ""),
      machine: MachineDescription(os: "", cpu: "", cores: 1, sqlite: ""), shards: shards,
      against: [
        AgainstShard(
          snapshotRun: "old", snapshotRoot: .zero, path: "x/y.jsonl", sha256: .zero, documents: 9)
      ])
  }

  private func write(
    _ documents: [Document], _ index: Int, _ path: String, of run: RunDescription
  ) throws -> ShardCommit {
    let place = DecisionPlace(ofPath: path, run: run, in: folder)
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
    let file = URL(fileURLWithPath: place.records)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(records).write(to: file)
    try Data(ids).write(to: URL(fileURLWithPath: place.ids))
    let output = try writePart(documents, path)

    func count(_ verdict: Verdict) -> Int64 {
      Int64(documents.count { $0.verdict == verdict })
    }
    return ShardCommit(
      run: run.id, shard: index, attempt: 1,
      input: Artefact(sha256: Digest256(hashing: Array(path.utf8)), bytes: 1),
      output: output, format: path.hasSuffix(".txt") ? "text" : "jsonl",
      compression: "none", read: Int64(documents.count), kept: count(.kept),
      dropped: count(.dropped), duplicate: count(.duplicate), quarantined: count(.quarantined),
      edited: Int64(documents.count { $0.flags.contains(.edited) }), bytesRead: 1, bytesKept: 1,
      reasonCounts: run.reasons.indices.map { $0 + 1 }.map { reason in
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
      },
      similarities: documents.enumerated().compactMap { row, document in
        document.near.map {
          SimilarityRow(
            row: UInt64(row), clusterShard: $0.cluster.0, clusterRow: $0.cluster.1,
            neighbourShard: $0.neighbour.0, neighbourRow: $0.neighbour.1, shared: $0.shared,
            united: $0.united)
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
