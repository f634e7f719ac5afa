internal import Corpus
internal import Foundation
public import Ledger
internal import Streams

/// Takes documents out of the newest snapshot of an output folder: writes the parts that hold one
/// anew, and enters a run and a snapshot of its own, whose parent is the snapshot before.
///
/// The parts that change are written aside first, the old ones proved on the way; then the ledger
/// takes the takedown as a whole; then the new parts take the place of the old ones. Killed before
/// the ledger has it, nothing has happened; killed after it, the next takedown puts the rest in
/// place. The same command again does nothing twice. Until the end the parts that change stand on
/// the disk twice.
///
/// Duplicates of a document that goes do not come back: they hold the same text, or nearly.
public struct Takedown {
  /// How far it is.
  public let meter = ProgressMeter()
  private let layout: OutputLayout
  private let ledgerPath: String
  private let list: String
  private let code: CodeVersion
  private let machine: MachineDescription
  private let threads: Int

  /// A takedown; nothing is touched yet.
  ///
  /// - Parameters:
  ///   - output: the output folder of a finished curation.
  ///   - ledger: its ledger; nil for `ledger.sqlite` in the folder.
  ///   - ids: a file with one id a line: a document's own, or `<shard>:<row>` of the curation.
  ///   - code: this program.
  ///   - machine: this machine.
  ///   - threads: workers, at least 1.
  public init(
    output: String, ledger: String? = nil, ids: String, code: CodeVersion,
    machine: MachineDescription, threads: Int
  ) {
    precondition(threads > 0, "somebody works")
    layout = OutputLayout(folder: output)
    ledgerPath = ledger ?? layout.ledger
    list = ids
    self.code = code
    self.machine = machine
    self.threads = threads
  }

  /// Does all that is left to do.
  ///
  /// - Throws: ``TakedownError``, `LedgerError`, `StreamsError`; `InterruptedError` when a stop
  ///   was asked for: the same command goes on.
  public func run() throws -> TakedownSummary {
    guard let curation = try Curator.run(in: layout.folder), Folder.exists(ledgerPath) else {
      throw TakedownError(
        .noSnapshot, layout.folder, "holds no run of Cordon; name the output folder of a curation")
    }
    let list = try TakedownList(path: list)
    let lock = try FileLock(path: layout.lockFile)
    defer { withExtendedLifetime(lock) {} }
    let ledger = try Ledger(creating: ledgerPath)
    guard var history = try ledger.history(from: curation) else {
      throw TakedownError(
        .noSnapshot, layout.folder,
        "holds run \(curation), which is not complete. Run the same curate command again to finish "
          + "it, then take down")
    }
    try settle(history)
    let found = try TakedownSearch(list, in: history, folder: layout.folder).run(threads: threads)
    var summary = try summary(of: list, found.fates, history, ledger)
    if summary.run == nil, found.rows.contains(where: { !$0.isEmpty }) {
      let run = try carryOut(found.rows, list, history, ledger)
      guard let newer = try ledger.history(from: curation), newer.snapshot.run == run else {
        throw TakedownError(
          .imbalance, ledgerPath, "does not have takedown \(run) as the newest. Please report this")
      }
      history = newer
      try settle(history)
      summary.take(history, history.runs.count - 1, root: history.snapshot.root)
    }
    try ledger.close()
    return summary
  }

  /// Whether a takedown of this folder was stopped before its parts were in place. Until the next
  /// takedown the corpus is not the newest snapshot; nothing else may use the folder.
  public static func isPending(in output: String) -> Bool {
    Folder.exists(OutputLayout(folder: output).takedowns)
  }

  private func summary(
    of list: TakedownList, _ fates: [TakedownFate], _ history: SnapshotHistory, _ ledger: Ledger
  ) throws -> TakedownSummary {
    var summary = TakedownSummary(
      run: nil, root: nil, parent: history.snapshot.run, wasDoneBefore: false, ids: list.ids.count,
      documents: 0, parts: 0, left: history.snapshot.documents, takenDownBefore: 0,
      neverKept: (0, 0, 0), unknown: 0, findings: [])
    // What these very ids took out before is what this command is for.
    let own = history.runs.indices.dropFirst().first {
      let run = history.runs[$0]
      return run.settings == settings(list, parent: history.runs[$0 - 1].id)
    }
    summary.count(fates, list, ownRun: own)
    if let own, fates.allSatisfy({ $0.standing == 0 }) {
      let root = try ledger.snapshot(of: history.runs[own].id)?.root
      summary.take(history, own, root: root)
      summary.wasDoneBefore = true
    }
    return summary
  }

  /// What decides a takedown beside the snapshot that it changes, as canonical JSON.
  private func settings(_ list: TakedownList, parent: String) -> String {
    var text = JSONText()
    text.object {
      $0.member("batchBytes", Batch.targetSize)
      $0.member("recordLimit", Batch.recordLimit)
      $0.member("parent", parent)
      $0.member("ids", list.digest.hex)
    }
    return text.text
  }
}

extension TakedownSummary {
  /// States what a takedown of a history did.
  mutating func take(_ history: SnapshotHistory, _ index: Int, root: Digest256?) {
    let steps = history.steps.compactMap { $0.first { $0.run == index } }
    run = history.runs[index].id
    parent = history.runs[index - 1].id
    documents = steps.reduce(0) { $0 + $1.totals.dropped }
    parts = steps.count
    left = history.snapshot.documents
    self.root = root
  }
}

extension Takedown {
  /// Writes the parts aside and enters the takedown in the ledger.
  ///
  /// - Returns: the run's name.
  private func carryOut(
    _ rows: [[UInt64]], _ list: TakedownList, _ history: SnapshotHistory, _ ledger: Ledger
  ) throws -> String {
    let parts = rows.indices.filter { !rows[$0].isEmpty }
    let description = description(parts, list, history)
    let run = description.id
    guard !history.runs[0].shards.contains(where: { $0.utf8.starts(with: "\(run)/".utf8) }) else {
      throw TakedownError(
        .badList, layout.folder, "has shards in a folder that is named like takedown \(run)")
    }
    try Folder.make("\(layout.takedowns)/\(run)")
    let context = TakedownContext(
      history, run: run, layout: layout, parts: parts,
      rows: parts.map { rows[$0].sorted() }, threads: threads, meter: meter)
    meter.begin(
      "takedown",
      bytes: parts.reduce(0) { $0 + (history.snapshot.parts[$1].output?.bytes ?? 0) })
    try Pipeline<TakedownLane>(
      threads: threads, window: 2 * threads + 1, lanesAtOnce: threads,
      bytesInFlight: max(32, 3 * threads) << 20
    ).run { $0 < parts.count ? try TakedownLane(context, shard: $0) : nil }
    try Folder.sync("\(layout.takedowns)/\(run)")
    try enter(context, description, ledger)
    return run
  }

  private func enter(
    _ context: TakedownContext, _ run: RunDescription, _ ledger: Ledger
  ) throws {
    CrashPoint.pass()
    try ledger.begin(run)
    let committed = try ledger.committedShards(of: run.id)
    for commit in context.allCommits {
      let place = DecisionPlace(ofShard: commit.shard, run: run, in: layout.folder)
      for (kind, path) in [("records", place.records), ("ids", place.ids)] {
        try Folder.make(Folder.parent(of: path))
        CrashPoint.pass()
        try Folder.rename(layout.staged(run.id, commit.shard, kind), to: path)
      }
      guard committed[commit.shard] == nil else { continue }
      CrashPoint.pass()
      try ledger.commit(
        commit, rows: TakedownRows(records: place.records, expected: commit.records))
    }
    CrashPoint.pass()
    _ = try ledger.finish(run: run.id, parent: context.history.snapshot.run)
    CrashPoint.pass()
  }

  private func description(
    _ parts: [Int], _ list: TakedownList, _ history: SnapshotHistory
  ) -> RunDescription {
    let parent = history.snapshot
    let settings = settings(list, parent: parent.run)
    // Another program may write other bytes: then it is another run.
    var name = DigestStream()
    for part in [
      parent.root.hex, list.digest.hex, code.version, code.binary.hex, code.swift, code.libraries,
    ] {
      Array((part + "\n").utf8).withUnsafeBytes { name.update($0) }
    }
    return RunDescription(
      id: "takedown-" + name.digest().hex.prefix(16), kind: RunDescription.takedown, plan: [],
      settings: settings, seed: 0, ruleSets: [], rules: [], reasons: ["takedown"], code: code,
      machine: machine, shards: parts.map { parent.parts[$0].path })
  }

  /// Puts in place what the newest takedown wrote aside, and removes what none needs.
  private func settle(_ history: SnapshotHistory) throws {
    let run = history.snapshot.run
    if history.runs.count > 1, Folder.exists("\(layout.takedowns)/\(run)") {
      for part in history.snapshot.parts where part.run == run {
        try settle(part, staged: layout.staged(run, part.shard, "part"))
      }
    }
    CrashPoint.pass()
    try Folder.remove(layout.takedowns)
    if Folder.exists(layout.work), try Folder.names(in: layout.work).isEmpty {
      try Folder.remove(layout.work)
    }
  }

  private func settle(_ part: Snapshot.Part, staged: String) throws {
    let path = layout.part(part.path)
    guard let output = part.output else {
      try Folder.remove(path)
      CrashPoint.pass()
      return try Folder.sync(Folder.parent(of: path))
    }
    if Folder.exists(staged) {
      CrashPoint.pass()
      try Folder.rename(staged, to: path)
    }
    guard Folder.size(of: path) == output.bytes else {
      throw TakedownError(
        .changedPart, path,
        "is not the part that takedown \(part.run) wrote. Restore it, or curate again with --fresh")
    }
  }
}
