internal import Ledger
internal import Streams

/// What a ledger knows of trained checkpoints, and of the models that they come out of.
struct Ancestry {
  /// How many ancestors are told of: a chain that people train is shorter.
  static let limit = 64

  private let ledger: Ledger
  private let trainings: [TrainingRow]
  private let checkpoints: [TrainedCheckpointRow]
  private let unlearnings: [UnlearningRow]
  private let search: PartSearch

  /// - Parameter curations: output folders of curations by their runs, as far as they are known.
  /// - Throws: `LedgerError` where the ledger was changed.
  init(_ ledger: Ledger, curations: [String: String]) throws {
    self.ledger = ledger
    trainings = try ledger.trainings()
    checkpoints = try ledger.trainedCheckpoints()
    unlearnings = try ledger.unlearnings()
    search = PartSearch(ledger, curations: curations)
  }

  /// Where the checkpoints come from that are wanted, each down to what no run of the ledger left.
  ///
  /// - Throws: ``AuditError`` and `LedgerError` where the answer could not be trusted.
  func traces(_ isWanted: (CheckpointRow) -> Bool) throws -> [CheckpointTrace] {
    try checkpoints.filter { isWanted($0.checkpoint) }.compactMap { row in
      guard var trace = try trace(row) else { return nil }
      (trace.ancestors, trace.isCutOff) = try ancestors(of: trace)
      return trace
    }
  }

  /// Where a checkpoint comes from, but for its ancestors.
  private func trace(_ row: TrainedCheckpointRow) throws -> CheckpointTrace? {
    guard let training = trainings.first(where: { $0.id == row.training }) else { return nil }
    let run = try training.snapshotRoot.flatMap { try ledger.run(ofSnapshotRoot: $0) }
    let parts = try training.snapshotRoot == nil ? search.parts(of: training) : nil
    let changed = try (run ?? parts?.run).map { Array(try ledger.lineage(from: $0).dropFirst()) }
    let parent = checkpoints.first {
      $0.training == row.training && $0.step < row.step && $0.checkpoint == row.parent
    }
    return CheckpointTrace(
      checkpoint: row, training: training, snapshotRun: run, parts: parts,
      changedBy: changed ?? [], parentStep: parent?.step)
  }

  /// The models behind a run, the nearest first, each with everything that left it; whether there
  /// were more than ``limit``.
  private func ancestors(
    of trace: CheckpointTrace
  ) throws -> (ancestors: [Ancestor], isCutOff: Bool) {
    // A model that comes out of itself, which only an invented ledger has, is told of once.
    var known: Set<Digest256> = [trace.checkpoint.checkpoint.digest]
    var waiting = trace.origins
    var ancestors: [Ancestor] = []
    var next = 0
    while next < waiting.count {
      let checkpoint = waiting[next]
      next += 1
      guard known.insert(checkpoint.digest).inserted else { continue }
      for source in try sources(of: checkpoint) {
        guard ancestors.count < Ancestry.limit else { return (ancestors, true) }
        let ancestor = Ancestor(checkpoint: checkpoint, source: source)
        ancestors.append(ancestor)
        waiting += ancestor.origins
      }
    }
    return (ancestors, false)
  }

  private func sources(of checkpoint: CheckpointRow) throws -> [Ancestor.Source] {
    let trained = try checkpoints.filter { $0.checkpoint == checkpoint }.compactMap(trace)
    let unlearned = unlearnings.filter { $0.result == checkpoint }
    guard !trained.isEmpty || !unlearned.isEmpty else { return [.unknown] }
    return trained.map { Ancestor.Source.training($0) }
      + unlearned.map { Ancestor.Source.unlearning($0) }
  }
}
