import Foundation
import Ledger
import Streams

/// The output folder of an invented curation: what training needs of it, with its ledger.
struct CuratedFolder {
  let path: String
  static let run = "c0ffee"

  /// Writes the folder.
  ///
  /// - Parameters:
  ///   - plan: the plan of the curation.
  ///   - parts: each part's path and the records that were kept, one line each.
  ///   - dropped: how many records of each shard were dropped.
  ///   - isFinished: whether the run has an end.
  init(
    _ path: String, plan: String, parts: [(path: String, lines: [String])], dropped: Int = 0,
    isFinished: Bool = true
  ) throws {
    self.path = path
    try FileManager.default.createDirectory(
      atPath: path + "/corpus", withIntermediateDirectories: true)
    try Data(#"{"run":"\#(Self.run)"}"#.utf8).write(to: URL(fileURLWithPath: path + "/run.json"))
    let ledger = try Ledger(creating: path + "/ledger.sqlite")
    try ledger.begin(
      RunDescription(
        id: Self.run, kind: "curate", plan: Array(plan.utf8), settings: "{}", seed: 0,
        ruleSets: [], rules: [], reasons: ["exact-duplicate"],
        code: CodeVersion(version: "0", binary: .zero, swift: "6.3.1", libraries: ""),
        machine: MachineDescription(os: "", cpu: "", cores: 1, sqlite: ""),
        shards: parts.map(\.path)))
    for (index, part) in parts.enumerated() {
      let bytes = Array(part.lines.map { $0 + "\n" }.joined().utf8)
      try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/corpus/\(part.path)"))
      let read = part.lines.count + dropped
      let exceptions = (part.lines.count..<read).map {
        DecisionRecord(verdict: .dropped, reason: 1, row: UInt64($0), digest: .zero, textLength: 0)
      }
      try ledger.commit(
        ShardCommit(
          run: Self.run, shard: index, attempt: 1,
          input: Artefact(sha256: Digest256(hashing: Array(part.path.utf8)), bytes: 1),
          output: Artefact(sha256: Digest256(hashing: bytes), bytes: Int64(bytes.count)),
          format: "jsonl", compression: "none", read: Int64(read), kept: Int64(part.lines.count),
          dropped: Int64(dropped), duplicate: 0, quarantined: 0, edited: 0, bytesRead: 1,
          bytesKept: Int64(bytes.count), reasonCounts: [Int64(dropped)],
          records: Artefact(
            sha256: Digest256(hashing: Array((part.path + ".records").utf8)),
            bytes: Int64(64 * read)), root: .zero,
          exceptions: exceptions, duplicates: [], matches: [], similarities: [], damage: nil,
          repeatedIDs: 0))
    }
    if isFinished { _ = try ledger.finish(run: Self.run) }
    try ledger.close()
  }
}
