internal import Ledger
public import Streams
internal import Training

/// Answers where a checkpoint comes from and what it has seen, from the ledger that its training
/// run was recorded in.
public struct CheckpointAudit {
  private let ledger: Ledger

  /// An audit of the checkpoints that a ledger knows.
  ///
  /// - Parameters:
  ///   - path: the ledger.
  ///   - verifying: recompute all of the ledger's hashes first.
  /// - Throws: `LedgerError` where there is no ledger, or it was changed.
  public init(ledger path: String, verifying: Bool = true) throws {
    ledger = try Ledger(reading: path)
    if verifying { try ledger.verify() }
  }

  /// Where the model in a Hugging Face folder comes from: one answer for each training run that
  /// wrote it.
  ///
  /// - Throws: ``AuditError`` (unknownCheckpoint) where the ledger does not know its weights,
  ///   `StreamsError` where a file cannot be read.
  public func trace(folder: String) throws -> [CheckpointTrace] {
    let row: CheckpointRow
    do {
      row = try SavedCheckpoint.row(ofModel: folder)
    } catch let error as CheckpointStoreError {
      throw AuditError(.missing, "\(folder): there is no model here (\(error.code.rawValue))")
    }
    let weights = row.weights
    return try trace(folder) { trained in
      trained.checkpoint == row || (weights != nil && trained.weights == weights)
    }
  }

  /// Where the checkpoint with these weights comes from.
  ///
  /// - Parameter sha256: that of `model.safetensors`, or the ledger's own name of the checkpoint.
  /// - Throws: ``AuditError`` (unknownCheckpoint) where the ledger does not know it.
  public func trace(sha256: Digest256) throws -> [CheckpointTrace] {
    try trace(sha256.hex) { $0.weights == sha256 || $0.checkpoint.digest == sha256 }
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

  private func trace(
    _ name: String, _ isWanted: (TrainedCheckpointRow) -> Bool
  ) throws -> [CheckpointTrace] {
    let found = try ledger.trainedCheckpoints().filter(isWanted)
    guard !found.isEmpty else {
      throw AuditError(
        .unknownCheckpoint,
        "\(name): \(ledger.path) knows no training run that wrote this checkpoint. Name the ledger "
          + "of its run, or look whether its files were changed")
    }
    let trainings = try ledger.trainings()
    return try found.compactMap { checkpoint in
      guard let training = trainings.first(where: { $0.id == checkpoint.training }) else {
        return nil
      }
      let run = try training.snapshotRoot.flatMap { try ledger.run(ofSnapshotRoot: $0) }
      return CheckpointTrace(
        checkpoint: checkpoint, training: training, snapshotRun: run,
        changedBy: try run.map { Array(try ledger.lineage(from: $0).dropFirst()) } ?? [])
    }
  }
}
