public import Ledger
internal import Streams

/// What the ledger gets of a training run: the run before its first step, each checkpoint once it
/// is on disk. All of it may be done again by a run that resumes; the ledger stays the same.
public struct RunRecord: Sendable {
  /// The run.
  public let run: TrainingRow
  /// The ledger's file.
  public let ledger: String

  /// Records the run, and sets its index of documents beside the ledger, where an audit finds it.
  ///
  /// - Parameters:
  ///   - run: the run.
  ///   - ledger: the ledger's file; it is made where there is none.
  ///   - index: the run's index of documents, whose SHA-256 stands in `run`.
  ///   - machine: where it runs.
  /// - Throws: `LedgerError` (differentRun: the id is taken), ``TrainingDataError`` where the index
  ///   is not the run's, `StreamsError` where a file cannot be written.
  public init(
    _ run: TrainingRow, ledger: String, index: String, machine: MachineDescription
  ) throws {
    self.run = run
    self.ledger = ledger
    try copy(index)
    try writing { try $0.record(run, on: machine) }
  }

  /// Records a checkpoint that is on disk. Its parent is the run's checkpoint before it, or the
  /// model that the run goes on from; the first of a new model has none.
  ///
  /// - Throws: `LedgerError`; `differentRun` where this step had another checkpoint before: then
  ///   the run did not repeat to the last bit.
  public func record(_ checkpoint: SavedCheckpoint) throws {
    try writing {
      try $0.record(
        TrainedCheckpointRow(
          training: run.id, step: Int64(checkpoint.state.step), checkpoint: checkpoint.row,
          parent: checkpoint.parent ?? run.base, loss: checkpoint.state.loss,
          validation: checkpoint.state.validation))
    }
  }

  /// Records the model that a finished run merged its adapter into: in the ledger it is the one
  /// checkpoint of a training run `RUN-merged`, whose settings name the run, with the run's last
  /// adapter as its parent.
  ///
  /// - Parameters:
  ///   - model: the model's folder.
  ///   - last: the run's last checkpoint.
  ///   - index: the run's index of documents.
  ///   - machine: where it runs.
  /// - Throws: as ``init(_:ledger:index:machine:)`` and ``record(_:)``.
  public func record(
    merged model: String, after last: SavedCheckpoint, index: String, machine: MachineDescription
  ) throws {
    var row = run
    row.id += "-merged"
    var settings = JSONText()
    settings.object { settings in
      settings.member("merged", run.id)
      settings.member("adapter", last.row.digest.hex)
    }
    row.settings = settings.text
    _ = try RunRecord(row, ledger: ledger, index: index, machine: machine)
    try writing {
      try $0.record(
        TrainedCheckpointRow(
          training: row.id, step: Int64(last.state.step),
          checkpoint: SavedCheckpoint.row(ofModel: model), parent: last.row, loss: last.state.loss,
          validation: last.state.validation))
    }
  }

  private func copy(_ index: String) throws {
    let path = TrainingRow.indexPath(ofRun: run.id, ledger: ledger)
    if Folder.exists(path), try FileSource.digest(of: path) == run.documentIndex { return }
    try Folder.make(Folder.parent(of: path))
    let source = try FileSource(path: index)
    let output = try OutputFile(temporaryPath: path + ".partial")
    let digest = DigestChain()
    let block = ByteBlock(capacity: FileSource.readSize)
    while try source.read(FileSource.readSize, into: block) > 0 {
      digest.update(block.bytes)
      try output.write(block.bytes)
      block.truncate(to: 0)
    }
    guard digest.digest() == run.documentIndex else {
      throw TrainingDataError(
        .altered, index,
        "is not the index of documents that the run wrote. Restore it, or begin anew with --fresh")
    }
    try output.publish(as: path)
  }

  /// One process at a time writes a ledger.
  private func writing(_ body: (Ledger) throws -> Void) throws {
    let lock = try FileLock(path: ledger + ".lock", waiting: true)
    defer { withExtendedLifetime(lock) {} }
    let ledger = try Ledger(creating: ledger)
    try body(ledger)
    try ledger.close()
  }
}
