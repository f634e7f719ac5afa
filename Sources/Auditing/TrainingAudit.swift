internal import Ledger
internal import Streams
internal import Training

/// Answers which training runs read a document, and which checkpoints were trained on it.
///
/// It reads the ledger and, beside it in `trainings/`, each run's index of documents, which is
/// compared with its hash in the ledger. Which step read a sequence follows from the seed of the
/// order alone.
struct TrainingAudit {
  private let ledger: Ledger

  init(_ ledger: Ledger) {
    self.ledger = ledger
  }

  /// What every training run of the ledger did with the document, in the order of the runs.
  ///
  /// - Parameter digest: the SHA-256 of its text.
  /// - Throws: ``AuditError`` where an index is missing or another one, `LedgerError`.
  func exposures(of digest: Digest256) throws -> [Exposure] {
    var seen: Set<Digest256> = []
    var exposures: [Exposure] = []
    let unlearnings = try ledger.unlearnings()
    // Whatever an unlearning was given it, its steps read it.
    for row in try ledger.unlearnings(given: digest) {
      if let result = row.result { seen.insert(result.digest) }
    }
    for training in try ledger.trainings() {
      let checkpoints = try ledger.trainedCheckpoints(of: training.id)
      let inherits = training.base.map { seen.contains($0.digest) } ?? false
      var exposure = try exposure(of: digest, training, through: checkpoints.last?.step ?? 0)
      if inherits && exposure.use != .trained { exposure.use = .inherited }
      let first = inherits ? 1 : exposure.firstStep
      let reached = checkpoints.filter { row in first.map { Int64($0) <= row.step } ?? false }
      seen.formUnion(reached.map(\.checkpoint.digest))
      // What came out of a checkpoint that saw it has seen it too, whatever it forgot.
      var isGrowing = true
      while isGrowing {
        let count = seen.count
        for row in unlearnings where seen.contains(row.base.digest) {
          if let result = row.result { seen.insert(result.digest) }
        }
        isGrowing = seen.count > count
      }
      exposure.checkpoints = reached.map {
        Exposure.Checkpoint(step: Int($0.step), sha256: ($0.weights ?? $0.checkpoint.digest).hex)
      }
      exposures.append(exposure)
    }
    return exposures
  }

  /// What the run itself did with the document; no checkpoints yet.
  private func exposure(
    of digest: Digest256, _ training: TrainingRow, through last: Int64
  ) throws -> Exposure {
    let path = TrainingRow.indexPath(ofRun: training.id, ledger: ledger.path)
    guard let size = Folder.size(of: path) else {
      throw AuditError(
        .missing,
        "\(path): the index of training run \(training.id) is missing, which says what documents "
          + "it read. Restore it from the run's documents.index")
    }
    do {
      let index = try DocumentIndex(
        path: path, expected: Artefact(sha256: training.documentIndex, bytes: size))
      let places = try index.places(of: digest)
      guard let sequences = Int(exactly: training.sequences),
        let batch = Int(exactly: training.batch), last < 1 << 40, batch < 1 << 20,
        sequences <= 1 << 48
      else { throw changed(training) }
      let order = DataOrder(count: sequences, seed: training.orderSeed)
      let steps = try index.steps(for: digest, order: order, batch: batch, through: Int(last))
      let use: Exposure.Use =
        places.contains { $0.part == .training }
        ? .trained
        : places.contains { $0.part == .validation }
          ? .heldOut : places.isEmpty ? .absent : .unused
      return Exposure(
        training: training.id, use: use, firstStep: steps.first, steps: steps.count,
        checkpoints: [])
    } catch let error as TrainingDataError {
      throw AuditError(.changedLedger, error.description)
    }
  }

  private func changed(_ training: TrainingRow) -> AuditError {
    AuditError(
      .changedLedger,
      "\(ledger.path): the numbers of training run \(training.id) cannot be understood")
  }
}
