import Ledger
import Streams

/// Invented runs with near duplicates, earlier snapshots and a takedown.
enum NearExample {
  static let measures = [
    Measure("candidates", 12), Measure("edges", 3), Measure("skippedPairs", 0),
  ]

  static let against = [
    AgainstShard(
      snapshotRun: "old", snapshotRoot: Example.digest("old root"), path: "x.jsonl",
      sha256: Example.digest("x"), documents: 5),
    AgainstShard(
      snapshotRun: "old", snapshotRoot: Example.digest("old root"), path: "y/z.jsonl",
      sha256: Example.digest("z"), documents: 0),
  ]

  static func run(_ id: String = "c0ffee") -> RunDescription {
    var run = Example.run(id)
    run.against = against
    return run
  }

  /// ``Example``'s ten rows: row 4 is a near duplicate of a document of an earlier snapshot, row 7
  /// one of a document of its own shard, the dropped row 2 has its hazard from another shard.
  static func commit(shard: Int, run: String = "c0ffee") -> ShardCommit {
    var commit = Example.commit(shard: shard, run: run)
    commit.duplicates[0] = DuplicateRow(row: 4, survivorShard: 3, survivorRow: 4)
    commit.similarities = [
      similarity(row: 2, cluster: (0, 1), neighbour: ((shard + 1) % 3, 2), 9, 10),
      similarity(row: 4, cluster: (0, 1), neighbour: (3, 4), 17, 20),
      similarity(row: 7, cluster: (shard, 7), neighbour: (shard, 5), 1, 1),
    ]
    return commit
  }

  static func similarity(
    row: UInt64, cluster: (Int, UInt64), neighbour: (Int, UInt64), _ shared: UInt32,
    _ united: UInt32
  ) -> SimilarityRow {
    SimilarityRow(
      row: row, clusterShard: cluster.0, clusterRow: cluster.1, neighbourShard: neighbour.0,
      neighbourRow: neighbour.1, shared: shared, united: united)
  }

  /// A run that takes one document out of the second part of ``run(_:)``.
  static func takedown(_ id: String, shards: [String] = ["b.jsonl.gz"]) -> RunDescription {
    var run = Example.run(id, shards: shards)
    (run.kind, run.ruleSets, run.rules, run.reasons) = ("takedown", [], [], ["takedown"])
    return run
  }

  /// Its only commit: of the six documents that the part had, the second goes.
  static func takedownCommit(_ run: String) -> ShardCommit {
    let records = Example.records(shard: 1).filter { $0.verdict == .kept }.enumerated().map {
      DecisionRecord(
        verdict: $0 == 1 ? .dropped : .kept, flags: .hasID, reason: $0 == 1 ? 1 : 0,
        row: UInt64($0), digest: $1.digest, idHash: $1.idHash, textLength: $1.textLength)
    }
    return ShardCommit(
      run: run, shard: 0, attempt: 1,
      input: Artefact(sha256: Example.digest("output 1"), bytes: 600),
      output: Artefact(sha256: Example.digest("output of " + run), bytes: 500), format: "jsonl",
      compression: "none", read: 6, kept: 5, dropped: 1, duplicate: 0, quarantined: 0, edited: 0,
      bytesRead: 590, bytesKept: 490, reasonCounts: [1],
      records: Artefact(sha256: Digest256(hashing: Example.bytes(of: records)), bytes: 384),
      root: Example.root(of: records), exceptions: [records[1]], duplicates: [], matches: [],
      damage: nil, repeatedIDs: 0)
  }

  /// A whole run, and a takedown from its snapshot.
  static func finished(in folder: TemporaryFolder) throws -> Ledger {
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try ledger.begin(run())
    for shard in 0..<3 { try ledger.commit(commit(shard: shard)) }
    _ = try ledger.finish(run: "c0ffee", measures: measures)
    try ledger.begin(takedown("beef"))
    try ledger.commit(takedownCommit("beef"))
    _ = try ledger.finish(run: "beef", parent: "c0ffee")
    return ledger
  }
}
