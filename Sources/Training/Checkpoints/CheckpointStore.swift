internal import Ledger
public import Streams

/// Which checkpoints of a run stay.
public struct CheckpointRetention: Sendable, Equatable {
  /// How many of the newest stay, at least 1; nil for all.
  public var last: Int?
  /// Whether the one of the lowest validation loss stays; of equal ones the earliest.
  public var best: Bool
  /// Those whose step this divides stay too; nil for no others.
  public var every: Int?

  /// A rule.
  ///
  /// - Precondition: at least the newest stays, and a positive `every`.
  public init(last: Int? = nil, best: Bool = true, every: Int? = nil) {
    precondition(last.map { $0 > 0 } ?? true && every.map { $0 > 0 } ?? true, "the newest stays")
    self.last = last
    self.best = best
    self.every = every
  }

  /// The steps that stay.
  ///
  /// - Parameter checkpoints: step and validation loss of each that is there, in ascending order.
  func kept(_ checkpoints: [(step: Int, validation: Double?)]) -> Set<Int> {
    var kept = Set(checkpoints.suffix(last ?? checkpoints.count).map(\.step))
    if best, let best = CheckpointRetention.best(checkpoints) { kept.insert(best.step) }
    if let every { kept.formUnion(checkpoints.map(\.step).filter { $0 % every == 0 }) }
    return kept
  }

  static func best(_ checkpoints: [(step: Int, validation: Double?)]) -> BestCheckpoint? {
    var best: BestCheckpoint?
    for (step, validation) in checkpoints {
      guard let loss = validation, loss < best?.loss ?? .infinity else { continue }
      best = BestCheckpoint(step: step, loss: loss)
    }
    return best
  }
}

/// The checkpoints of one run, in `checkpoints/` below its output folder.
///
/// One is written under a temporary name, file after file, each synced; then the folders are
/// synced, the name becomes its own, and that name is synced. What a killed run leaves has a name
/// that no reader takes for a checkpoint; the next writer removes it. One process writes at a time:
/// the caller holds a lock.
public struct CheckpointStore: Sendable {
  /// `checkpoints/` below the output folder.
  public let folder: String
  /// Which stay.
  public let retention: CheckpointRetention

  private static let partial = ".partial"
  private static let removed = ".removed"

  /// The store below an output folder, to write: what a killed run left is cleared away.
  ///
  /// - Throws: `StreamsError` where the folder cannot be made or written.
  public init(output: String, retention: CheckpointRetention = CheckpointRetention()) throws {
    folder = CheckpointStore.folder(in: output)
    self.retention = retention
    try Folder.make(folder)
    // Also what writers of models begin under names of their own.
    for name in try Folder.names(in: folder) where name.hasPrefix(".") {
      try Folder.remove("\(folder)/\(name)")
    }
  }

  /// Where the checkpoints of an output folder stand.
  public static func folder(in output: String) -> String { "\(output)/checkpoints" }

  /// The folder's name for a step: `step-00000500`.
  public static func name(ofStep step: Int) -> String {
    let digits = String(step)
    return "step-" + String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits
  }

  /// The steps that have a checkpoint, ascending.
  ///
  /// - Throws: `StreamsError` where the folder cannot be read.
  public static func steps(in folder: String) throws -> [Int] {
    guard Folder.exists(folder) else { return [] }
    return try Folder.names(in: folder).compactMap { name in
      guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)), step > 0,
        self.name(ofStep: step) == name
      else { return nil }
      return step
    }.sorted()
  }

  /// The checkpoint of a step; only `training/state.json` is read.
  ///
  /// - Throws: ``CheckpointStoreError`` where it is missing, damaged or of another step.
  public func checkpoint(step: Int) throws -> SavedCheckpoint {
    let path = "\(folder)/\(CheckpointStore.name(ofStep: step))"
    let checkpoint = try SavedCheckpoint(folder: path)
    guard checkpoint.state.step == step else {
      throw CheckpointStoreError(
        .damaged, path: path, detail: "it is of step \(checkpoint.state.step)")
    }
    return checkpoint
  }

  /// All checkpoints, ascending; only their `training/state.json` are read.
  public func checkpoints() throws -> [SavedCheckpoint] {
    try CheckpointStore.steps(in: folder).map { try checkpoint(step: $0) }
  }

  /// The checkpoint that a run goes on from: the newest, with every file compared with its hash;
  /// nil where there is none. A damaged one is never passed over in silence.
  ///
  /// - Parameters:
  ///   - run: the run's id.
  ///   - plan: the SHA-256 of its plan.
  ///   - data: the SHA-256 of its packed tokens.
  /// - Throws: ``CheckpointStoreError`` (damaged, otherRun), `StreamsError`.
  public func resume(run: String, plan: Digest256, data: Digest256) throws -> SavedCheckpoint? {
    guard let step = try CheckpointStore.steps(in: folder).last else { return nil }
    let newest = try checkpoint(step: step)
    for (isSame, what) in [
      (newest.state.plan == plan, "plan"), (newest.state.data == data, "data"),
      (newest.state.run == run, "run"),
    ] where !isSame {
      throw CheckpointStoreError(
        .otherRun, path: newest.folder, detail: "this checkpoint comes from another \(what)")
    }
    try newest.verify()
    return newest
  }

  /// Writes a checkpoint, then removes those that the rule does not keep.
  ///
  /// - Parameters:
  ///   - state: where the run stands. Its log must be on disk: take it from ``TrainingLog/seal()``.
  ///   - moments: the optimiser's moments.
  ///   - model: writes the Hugging Face folder, settings, weights and tokenizer, into the folder it
  ///     is given, which exists. Every file below is hashed and synced afterwards.
  /// - Returns: the checkpoint under its own name.
  /// - Throws: ``CheckpointStoreError`` (full, naming the last good checkpoint; alreadyThere), and
  ///   what `model` throws. Nothing of the checkpoint is left then.
  @discardableResult
  public func save(
    _ state: CheckpointState, moments: OptimiserMoments, model: (_ folder: String) throws -> Void
  ) throws -> SavedCheckpoint {
    let path = "\(folder)/\(CheckpointStore.name(ofStep: state.step))"
    guard !Folder.exists(path) else { throw CheckpointStoreError(.alreadyThere, path: path) }
    let earlier = try checkpoints()
    let partial = "\(folder)/\(CheckpointStore.partial)"
    do {
      try Folder.remove(partial)
      try Folder.make(partial)
      try model(partial)
      try Folder.make("\(partial)/training")
      try moments.write(to: "\(partial)/\(StateFile.momentsName)")
      let files = try SavedCheckpoint.names(in: partial).map {
        try CheckpointStore.synced($0, in: partial)
      }
      let best = CheckpointRetention.best(
        earlier.map { ($0.state.step, $0.state.validation) } + [(state.step, state.validation)])
      let file = StateFile(
        state: state, best: best, parent: earlier.last?.row.files ?? [], files: files)
      let output = try OutputFile(temporaryPath: "\(partial)/\(StateFile.name)")
      try output.write(file.bytes)
      try output.close()
      for name in Set(files.map { Folder.parent(of: "\(partial)/\($0.name)") }).sorted() {
        try Folder.sync(name)
      }
      try Folder.sync("\(partial)/training")
      try Folder.sync(partial)
      CrashPoint.pass()
      try Folder.rename(partial, to: path)
    } catch {
      // The room that it took is given back; what went wrong is the first error.
      try? Folder.remove(partial)
      throw failure(error, path, earlier.last?.folder)
    }
    try prune()
    return try checkpoint(step: state.step)
  }

  /// Removes the checkpoints that the rule does not keep: what ``save(_:moments:model:)`` ends with
  /// and a run that was killed before that does again.
  public func prune() throws {
    let checkpoints = try checkpoints()
    let kept = retention.kept(checkpoints.map { ($0.state.step, $0.state.validation) })
    for checkpoint in checkpoints where !kept.contains(checkpoint.state.step) {
      // Renamed first: half of one must not look like a whole one.
      let removed = "\(folder)/\(CheckpointStore.removed)"
      try Folder.remove(removed)
      try Folder.rename(checkpoint.folder, to: removed)
      try Folder.remove(removed)
    }
  }

  /// A file by what it holds, once that is on disk.
  private static func synced(_ name: String, in folder: String) throws -> NamedArtefact {
    let file = try SavedCheckpoint.artefact(name, in: folder)
    try OutputFile(
      temporaryPath: "\(folder)/\(name)", keeping: file.artefact.bytes
    ).close()
    return file
  }

  private func failure(_ error: any Error, _ path: String, _ last: String?) -> any Error {
    guard let error = error as? StreamsError, error.code == .full else { return error }
    return CheckpointStoreError(.full, path: path, lastGood: last, detail: error.detail)
  }
}
