internal import Ledger

/// What the takedowns after a run took out of its snapshot.
struct LaterTakedowns {
  /// A document's place in the run.
  struct Place: Hashable {
    var shard: Int
    var row: UInt64
  }

  /// The end of a document: by which run, and its record there.
  struct End {
    var run: RunDescription
    /// The shard of that run.
    var shard: Int
    var record: DecisionRecord
  }

  private let history: SnapshotHistory
  /// The run, as an index into the history's runs.
  private let first: Int
  private let folder: String

  /// The takedowns after `run`; nil where there are none.
  init?(after run: String, ledger: Ledger, folder: String) throws {
    guard try ledger.lineage(from: run).count > 1, let history = try ledger.history(from: run),
      let first = history.runs.firstIndex(where: { $0.id == run })
    else { return nil }
    self.history = history
    self.first = first
    self.folder = folder
  }

  /// Those of the documents that were taken down, each with its end.
  func ends(of places: Set<Place>) throws -> [Place: End] {
    var ends: [Place: End] = [:]
    for steps in history.steps {
      let steps = steps.filter { $0.run >= first }
      guard steps.count > 1, steps[0].run == first else { continue }
      let rows = Set(places.filter { $0.shard == steps[0].shard }.map(\.row))
      guard !rows.isEmpty else { continue }
      let documents = try RecordLineage(
        steps.map {
          let run = history.runs[$0.run]
          let place = DecisionPlace(ofShard: $0.shard, run: run, in: folder)
          return (place.records, $0.totals.records)
        })
      while let document = try documents.next() {
        guard let gone = document.gone, rows.contains(document.record.row) else { continue }
        let step = steps[gone.step]
        ends[Place(shard: steps[0].shard, row: document.record.row)] = End(
          run: history.runs[step.run], shard: step.shard, record: gone.record)
      }
    }
    return ends
  }
}
