internal import Ledger
public import Streams
internal import Training

/// Answers where a checkpoint comes from and what it has seen, from the ledger that its training
/// run was recorded in.
public struct CheckpointAudit {
  private let ledger: Ledger
  private let curations: [String: String]

  /// An audit of the checkpoints that a ledger knows.
  ///
  /// - Parameters:
  ///   - path: the ledger.
  ///   - verifying: recompute all of the ledger's hashes first.
  ///   - curations: output folders of curations by their runs, as far as they are known: their
  ///     decision files tell whether files that were trained on are parts of a snapshot.
  /// - Throws: `LedgerError` where there is no ledger, or it was changed.
  public init(
    ledger path: String, verifying: Bool = true, curations: [String: String] = [:]
  ) throws {
    ledger = try Ledger(reading: path)
    self.curations = curations
    if verifying { try ledger.verify() }
  }

  /// An audit of a ledger that is open, and verified where that was wanted.
  init(_ ledger: Ledger, curations: [String: String]) {
    (self.ledger, self.curations) = (ledger, curations)
  }

  /// Where a checkpoint comes from: an answer for each run that left it.
  public struct Origin: Sendable {
    /// By training.
    public var trainings: [CheckpointTrace]
    /// By unlearning.
    public var unlearnings: [UnlearningTrace]

    /// The runs whose snapshots anything of it was trained on, the nearest first.
    public var snapshotRuns: [String] {
      trainings.flatMap(\.snapshotRuns) + unlearnings.flatMap(\.snapshotRuns)
    }
  }

  /// The curation whose documents a checkpoint is asked about: the one behind what its run was
  /// trained on, or else behind its nearest ancestor, or else the ledger's newest.
  ///
  /// - Returns: the curation's run, not that of a takedown; nil where the ledger holds none.
  /// - Throws: `LedgerError` where the ledger was changed.
  public func curation(behind origin: Origin) throws -> String? {
    try (origin.snapshotRuns.first ?? ledger.runs().last).map { try ledger.firstRun(of: $0) }
  }

  /// Where the model in a Hugging Face folder comes from.
  ///
  /// - Throws: ``AuditError`` (unknownCheckpoint) where the ledger does not know its weights,
  ///   `StreamsError` where a file cannot be read.
  public func origin(folder: String) throws -> Origin {
    let row: CheckpointRow
    do {
      row = try SavedCheckpoint.row(ofModel: folder)
    } catch let error as CheckpointStoreError {
      throw AuditError(.missing, "\(folder): there is no model here (\(error.code.rawValue))")
    }
    let weights = row.weights
    return try known(folder) { $0 == row || (weights != nil && $0.weights == weights) }
  }

  /// Where the checkpoint with these weights comes from.
  ///
  /// - Parameter sha256: that of `model.safetensors`, or the ledger's own name of the checkpoint.
  /// - Throws: ``AuditError`` (unknownCheckpoint) where the ledger does not know it.
  public func origin(sha256: Digest256) throws -> Origin {
    try known(sha256.hex) { $0.weights == sha256 || $0.digest == sha256 }
  }

  /// Where the model in a Hugging Face folder comes from: one answer for each training run that
  /// wrote it.
  ///
  /// - Throws: as ``origin(folder:)``.
  public func trace(folder: String) throws -> [CheckpointTrace] {
    try origin(folder: folder).trainings
  }

  /// Where the checkpoint with these weights comes from by training.
  ///
  /// - Throws: as ``origin(sha256:)``.
  public func trace(sha256: Digest256) throws -> [CheckpointTrace] {
    try origin(sha256: sha256).trainings
  }

  /// What a checkpoint has seen of the document with this text.
  ///
  /// - Parameter digest: the SHA-256 of its text.
  /// - Returns: what its run did with it, whose checkpoints are those of the run that saw it.
  /// - Throws: ``AuditError`` where the run's index of documents is missing or was changed.
  public func exposure(of digest: Digest256, to trace: CheckpointTrace) throws -> Exposure {
    let exposures = try TrainingAudit(ledger).exposures(of: digest)
    guard let exposure = exposures.first(where: { $0.training == trace.training.id }) else {
      preconditionFailure("a trace of this ledger")
    }
    return exposure
  }

  /// What the ledger's runs did with the text with this SHA-256: the training runs that read it, or
  /// go on from a model that did, and the unlearnings that were given it.
  ///
  /// No curation needs to stand in the ledger.
  ///
  /// - Throws: ``AuditError`` where a run's index of documents is missing or was changed,
  ///   `LedgerError`.
  public func uses(
    of digest: Digest256
  ) throws -> (exposures: [Exposure], given: [Given]) {
    (
      try TrainingAudit(ledger).exposures(of: digest).filter { $0.use != .absent },
      try given(digest)
    )
  }

  /// The unlearnings of the ledger that were given the text with this SHA-256.
  ///
  /// - Throws: `LedgerError` where the ledger was changed.
  public func given(_ digest: Digest256) throws -> [Given] {
    try Given.all(digest, in: ledger)
  }

  /// Whether the ledger knows all that a checkpoint's weights have seen: its run, and those of
  /// every model that it goes on from.
  ///
  /// - Throws: `LedgerError` where the ledger was changed.
  public func isHistoryKnown(of trace: CheckpointTrace) throws -> Bool {
    try isKnown(base: trace.training.base, unlearnings: ledger.unlearnings())
  }

  /// Whether the ledger knows all that the base of an unlearning has seen.
  ///
  /// - Throws: `LedgerError` where the ledger was changed.
  public func isHistoryKnown(of trace: UnlearningTrace) throws -> Bool {
    try isKnown(base: trace.unlearning.base, unlearnings: ledger.unlearnings())
  }

  /// - Parameter unlearnings: those that are not behind this question yet.
  private func isKnown(base: CheckpointRow?, unlearnings: [UnlearningRow]) throws -> Bool {
    guard let base else { return true }
    let trainings = try ledger.trainings()
    for checkpoint in try ledger.trainedCheckpoints() where checkpoint.checkpoint == base {
      guard let training = trainings.first(where: { $0.id == checkpoint.training }) else {
        continue
      }
      // A training recorded behind its own base, which only an invented ledger has, ends here.
      let before = training.base.flatMap { $0 == base ? nil : $0 }
      if try isKnown(base: before, unlearnings: unlearnings) { return true }
    }
    for row in unlearnings where row.result == base {
      let others = unlearnings.filter { $0.id != row.id }
      if try isKnown(base: row.base, unlearnings: others) { return true }
    }
    return false
  }

  private func known(_ name: String, _ isWanted: (CheckpointRow) -> Bool) throws -> Origin {
    let origin = try origin(of: isWanted, unlearnings: ledger.unlearnings())
    guard !origin.trainings.isEmpty || !origin.unlearnings.isEmpty else {
      throw AuditError(
        .unknownCheckpoint,
        "\(name): \(ledger.path) knows no training run that wrote this checkpoint. Name the ledger "
          + "of its run, or look whether its files were changed")
    }
    return origin
  }

  /// - Parameter unlearnings: those that are not behind this question yet: a base that comes out of
  ///   its own result, which only an invented ledger has, ends the search.
  private func origin(
    of isWanted: (CheckpointRow) -> Bool, unlearnings: [UnlearningRow]
  ) throws -> Origin {
    let found = unlearnings.filter { $0.result.map(isWanted) ?? false }
    let others = unlearnings.filter { row in !found.contains { $0.id == row.id } }
    let traces = try found.map { row in
      let base = try origin(of: { $0 == row.base }, unlearnings: others)
      return UnlearningTrace(
        unlearning: row, trainings: base.trainings, unlearnings: base.unlearnings)
    }
    let ancestry = try Ancestry(ledger, curations: curations)
    return Origin(trainings: try ancestry.traces(isWanted), unlearnings: traces)
  }
}
