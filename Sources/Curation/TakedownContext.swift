internal import Corpus
internal import Foundation
internal import Ledger
internal import Streams

/// What the lanes of a takedown share.
final class TakedownContext {
  let layout: OutputLayout
  let history: SnapshotHistory
  /// The takedown's name.
  let run: String
  /// The parts that change, as indices into the snapshot's parts: the takedown's shards.
  let parts: [Int]
  /// For each of them the places of the documents that go, ascending.
  let rows: [[UInt64]]
  let pool: BlockPool
  let meter: ProgressMeter
  /// One for each worker, used by that worker alone.
  let encoders: [PartEncoder]
  // Guarded by `lock`.
  private var commits: [ShardCommit?]
  private let lock = NSLock()

  init(
    _ history: SnapshotHistory, run: String, layout: OutputLayout, parts: [Int], rows: [[UInt64]],
    threads: Int, meter: ProgressMeter
  ) {
    self.history = history
    self.run = run
    self.layout = layout
    self.parts = parts
    self.rows = rows
    self.meter = meter
    pool = BlockPool(limit: 2 * threads + 2)
    encoders = (0..<threads).map { _ in PartEncoder() }
    commits = Array(repeating: nil, count: parts.count)
  }

  /// What the takedown's shards commit, once all lanes have ended.
  var allCommits: [ShardCommit] { lock.withLock { commits.compactMap(\.self) } }

  func add(_ commit: ShardCommit) { lock.withLock { commits[commit.shard] = commit } }
}

/// The ledger's rows of a takedown's shard, from its records.
struct TakedownRows: ShardRows {
  /// The records, published.
  let records: String
  /// As they were written.
  let expected: Artefact

  func forEachException(
    _ body: (DecisionRecord, DuplicateRow?, SimilarityRow?) throws -> Void
  ) throws {
    let reader = try DecisionFileReader(path: records, expected: expected)
    while let record = try reader.next() {
      if record.verdict != .kept { try body(record, nil, nil) }
    }
  }

  func forEachMatch(_ body: (MatchRow) throws -> Void) throws {}
}

extension OutputLayout {
  /// Where takedowns keep what is not in place yet.
  var takedowns: String { work + "/takedown" }

  /// A file of a takedown's shard that is not in place yet.
  func staged(_ run: String, _ shard: Int, _ kind: String) -> String {
    "\(takedowns)/\(run)/\(shard).\(kind)"
  }
}
