internal import Foundation
internal import Ledger
internal import Streams

/// What became of the documents that one id names.
struct TakedownFate: Equatable {
  /// Documents that stand in the newest snapshot.
  var standing = 0
  /// Runs that took documents of it down, as indices into the history.
  var takenDownBy: Set<Int> = []
  /// What became of those that were never kept.
  var neverKept: Set<Verdict> = []
}

/// Finds the documents of a list in the decision files of a snapshot's history.
final class TakedownSearch {
  let history: SnapshotHistory
  let list: TakedownList
  let folder: String
  let places: [[UInt64: Int]]
  // Guarded by `lock`.
  private var fates: [TakedownFate]
  /// For each part the places in it of the documents that are to go, ascending.
  private var rows: [[UInt64]]
  private let lock = NSLock()

  init(_ list: TakedownList, in history: SnapshotHistory, folder: String) {
    self.list = list
    self.history = history
    self.folder = folder
    places = list.places(in: history.runs[0].shards)
    fates = Array(repeating: TakedownFate(), count: list.ids.count)
    rows = Array(repeating: [], count: history.snapshot.parts.count)
  }

  /// Reads and proves every decision file.
  func run(threads: Int) throws -> (fates: [TakedownFate], rows: [[UInt64]]) {
    let parts = history.snapshot.parts.count
    try Pipeline<TakedownSearchLane>(threads: threads, window: 1, lanesAtOnce: threads)
      .run { $0 < parts ? TakedownSearchLane(self, part: $0) : nil }
    return (fates, rows)
  }

  /// Finds the documents of one part.
  fileprivate func search(_ part: Int) throws {
    var candidates = try candidates(part)
    guard !candidates.isEmpty else { return }
    try name(&candidates, part)
    lock.withLock {
      for (document, ids) in candidates where !ids.isEmpty {
        if let row = document.partRow { rows[part].append(row) }
        for id in ids { note(document, in: &fates[id], part) }
      }
    }
  }

  private func note(_ document: RecordLineage.Document, in fate: inout TakedownFate, _ part: Int) {
    if document.partRow != nil {
      fate.standing += 1
    } else if let gone = document.gone {
      fate.takenDownBy.insert(history.steps[part][gone.step].run)
    } else {
      fate.neverKept.insert(document.record.verdict)
    }
  }

  private typealias Candidates = [(document: RecordLineage.Document, ids: Set<Int>)]

  /// The documents whose place is named, or the hash of whose id is that of a named one.
  private func candidates(_ part: Int) throws -> Candidates {
    let documents = try history.documents(ofPart: part, in: folder)
    let places = places[history.steps[part][0].shard]
    var candidates: Candidates = []
    while let document = try documents.next() {
      let record = document.record
      if record.row & 0xFFFF == 0 && Interruption.isRequested { throw InterruptedError() }
      let named = places[record.row]
      guard named != nil || list.mayHold(record) else { continue }
      candidates.append((document, named.map { [$0] } ?? []))
    }
    return candidates
  }

  /// Compares the candidates' own ids with the list.
  private func name(_ candidates: inout Candidates, _ part: Int) throws {
    let shard = history.steps[part][0].shard
    let place = DecisionPlace(ofShard: shard, run: history.runs[0], in: folder)
    let ids = try DocumentIDReader(path: place.ids)
    let documents = try history.documents(ofPart: part, in: folder)
    var next = 0
    while next < candidates.count, let document = try documents.next() {
      let id = try ids.next(for: document.record)
      guard document.record.row == candidates[next].document.record.row else { continue }
      if let id, let index = list.index(of: id, hash: document.record.idHash) {
        candidates[next].ids.insert(index)
      }
      next += 1
    }
  }
}

/// One part of a search, as one piece of work.
private final class TakedownSearchLane: PipelineLane {
  static let stages: [StageKind] = [.parallel]

  private let search: TakedownSearch
  private let part: Int
  private var isRead = false

  init(_ search: TakedownSearch, part: Int) {
    self.search = search
    self.part = part
  }

  static func weight(of item: Int) -> Int { 0 }

  func next(worker: Int) -> Int? {
    defer { isRead = true }
    return isRead ? nil : part
  }

  func run(stage: Int, item: Int, worker: Int) throws { try search.search(item) }

  func finish(worker: Int) {}
}
