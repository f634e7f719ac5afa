/// The runs that a snapshot comes from, and which of them wrote each of its parts.
public struct SnapshotHistory: Sendable {
  /// One run of a part's history.
  public struct Step: Sendable {
    /// The run, as an index into ``SnapshotHistory/runs``.
    public var run: Int
    /// The shard of that run.
    public var shard: Int
    /// What the run committed about it.
    public var totals: ShardTotals
  }

  /// The runs, the curation first, then the takedowns one after the other.
  public let runs: [RunDescription]
  /// The newest snapshot.
  public let snapshot: Snapshot
  /// For each part of the snapshot the runs that wrote it, oldest first.
  public let steps: [[Step]]

  /// The documents of a part, from all its decision files below an output folder.
  ///
  /// - Parameter part: an index into the snapshot's parts.
  public func documents(ofPart part: Int, in output: String) throws -> RecordLineage {
    try RecordLineage(
      steps[part].map {
        let place = DecisionPlace(ofShard: $0.shard, run: runs[$0.run], in: output)
        return (place.records, $0.totals.records)
      })
  }
}

extension Ledger {
  /// The history of the newest snapshot that came out of a run's; nil as long as the run is not
  /// complete. The roots of all its runs are verified.
  ///
  /// - Parameter run: a curation, or a takedown from a curation's snapshot.
  /// - Throws: ``LedgerError`` where there is no such run, or a hash does not agree.
  public func history(from run: String) throws(LedgerError) -> SnapshotHistory? {
    guard let snapshot = try newestSnapshot(from: run) else { return nil }
    var first = run
    while let parent = try self.snapshot(of: first)?.parent { first = parent }
    let names = try lineage(from: first)
    var runs: [RunDescription] = []
    // By bytes: to Swift, two spellings of é are equal.
    var places: [[UInt8]: Int] = [:]
    for (index, part) in snapshot.parts.enumerated() { places[Array(part.path.utf8)] = index }
    var steps: [[SnapshotHistory.Step]] = Array(repeating: [], count: snapshot.parts.count)
    for (index, name) in names.enumerated() {
      try verifyRoot(of: name)
      let description = try description(of: name)
      let totals = try committedShards(of: name)
      for (shard, path) in description.shards.enumerated() {
        guard let place = places[Array(path.utf8)], let totals = totals[shard] else {
          throw altered("a shard of run \(name) is no part of a snapshot")
        }
        steps[place].append(SnapshotHistory.Step(run: index, shard: shard, totals: totals))
      }
      runs.append(description)
    }
    for (part, steps) in zip(snapshot.parts, steps) {
      guard let last = steps.last, runs[last.run].id == part.run, last.shard == part.shard,
        last.totals.output == part.output, last.totals.kept == part.documents
      else { throw altered("a part of the newest snapshot is not what its run wrote") }
    }
    return SnapshotHistory(runs: runs, snapshot: snapshot, steps: steps)
  }
}
