internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// A `ruleset` entry.
  static func entry(of ruleSet: RuleSetRow) -> [UInt8] {
    entry("ruleset", name: ruleSet.name, version: ruleSet.version, sha256: ruleSet.sha256)
  }

  /// An entry of a file that has a name and a version, by its exact bytes.
  static func entry(
    _ kind: String, name: String, version: String, sha256: Digest256
  ) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.member("kind", kind)
      json.member("name", name)
      json.member("version", version)
      json.member("sha256", sha256.hex)
    }
    return json.bytes
  }

  /// A `run` entry: what was decided before the first document was read.
  static func entry(of run: RunDescription) -> [UInt8] {
    var lists = DigestStream()
    for name in run.rules.map({ "\($0.ruleSet) \($0.name)" }) + [""] + run.reasons {
      Array((name + "\n").utf8).withUnsafeBytes { lists.update($0) }
    }
    var sets = DigestStream()
    for ruleSet in run.ruleSets { ruleSet.sha256.bytes.withUnsafeBytes { sets.update($0) } }
    var json = JSONText()
    json.object { json in
      json.member("kind", "run")
      json.member("run", run.id)
      json.member("recipe", run.kind)
      json.member("plan", Digest256(hashing: run.plan).hex)
      json.member("settings", Digest256(hashing: Array(run.settings.utf8)).hex)
      json.member("seed", run.seed)
      json.member("ruleSets", sets.digest().hex)
      json.member("rulesAndReasons", lists.digest().hex)
      run.code.write(to: &json)
      json.member("shards", run.shards.count)
      // Absent, not empty: the entries of runs without it stay what they were.
      if !run.against.isEmpty { json.member("against", digest(of: run.against).hex) }
    }
    return json.bytes
  }

  /// The SHA-256 of the shards that a run was compared with, as a JSON array.
  private static func digest(of shards: [AgainstShard]) -> Digest256 {
    var json = JSONText()
    json.array { json in
      for shard in shards {
        json.object { json in
          json.member("snapshotRun", shard.snapshotRun)
          json.member("snapshotRoot", shard.snapshotRoot.hex)
          json.member("path", shard.path)
          json.member("sha256", shard.sha256.hex)
          json.member("documents", shard.documents)
        }
      }
    }
    return Digest256(hashing: json.bytes)
  }

  /// A `snapshot` entry, by the snapshot's row; measures and parent are absent where there are
  /// none.
  func entry(
    ofSnapshot id: Int64, run: String, measures: [Measure], parts: Int, _ db: Database
  ) throws -> [UInt8] {
    let row = try Row.fetchOne(
      db, sql: "SELECT documents, bytes, root FROM snapshot WHERE id = ?", arguments: [id])
    guard let row else { throw altered("the snapshot of run \(run) is missing") }
    let root = try digest(row, "root")
    let parent = try parent(of: id, db).map { parent in
      let root = try Data.fetchOne(
        db, sql: "SELECT root FROM snapshot WHERE id = ?", arguments: [parent])
      guard let root, root.count == Digest256.byteCount else {
        throw altered("the snapshot before that of run \(run) is missing")
      }
      let name = try runName(ofSnapshot: parent, db)
      return (run: name, root: root.withUnsafeBytes { Digest256(bytes: $0) })
    }
    var json = JSONText()
    json.object { json in
      json.member("kind", "snapshot")
      json.member("run", run)
      json.member("root", root.hex)
      json.member("documents", row["documents"] as Int64)
      json.member("bytes", row["bytes"] as Int64)
      json.member("shards", parts)
      if !measures.isEmpty {
        json.object("measures") { json in
          for measure in measures { json.member(measure.name, measure.value) }
        }
      }
      if let parent {
        json.object("parent") { json in
          json.member("run", parent.run)
          json.member("root", parent.root.hex)
        }
      }
    }
    return json.bytes
  }
}
