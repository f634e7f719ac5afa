internal import Foundation
internal import GRDB
public import Streams

extension Ledger {
  /// Records a training run before its first step, with its `training` entry in the log. The same
  /// run again changes nothing.
  ///
  /// - Parameter machine: where it runs; nothing rests on it.
  /// - Throws: ``LedgerError`` with the code `differentRun` where a training run of this id has
  ///   other content, or where the ledger cannot be written.
  public func record(
    _ training: TrainingRow, on machine: MachineDescription
  ) throws(LedgerError) {
    try write { db in
      if let known = try trainingKey(of: training.id, db) {
        guard try self.training(known, db).digest == training.digest else {
          throw LedgerError(
            .differentRun,
            "\(path): training run \(training.id) was recorded with other content. Begin anew with "
              + "--fresh or choose another output")
        }
        return
      }
      let base = try training.base.map { try id(of: $0, db) }
      let program = try ids(of: training.code, on: machine, db)
      try db.execute(
        sql: """
          INSERT INTO training(
            name, plan, settings, snapshot_root, base, data, document_index, sequences, rows, batch,
            order_seed, code_version, machine, digest, at_us)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          training.id, Data(training.plan), training.settings,
          training.snapshotRoot.map { Data($0.bytes) }, base, Data(training.data.bytes),
          Data(training.documentIndex.bytes), training.sequences, training.rows, training.batch,
          Int64(bitPattern: training.orderSeed), program.code, program.machine,
          Data(training.digest.bytes), Ledger.now(),
        ])
      let key = db.lastInsertedRowID
      for (index, seed) in training.seeds.enumerated() {
        try db.execute(
          sql: "INSERT INTO training_seed(training, ord, name, value) VALUES (?, ?, ?, ?)",
          arguments: [key, index, seed.name, Int64(bitPattern: seed.value)])
      }
      try append("training", training.entry, db)
    }
  }

  /// Records a checkpoint once it is on disk: its files as a `checkpoint` where the ledger does not
  /// have them, and a `trained-checkpoint` entry in the log. The same again changes nothing.
  ///
  /// - Throws: ``LedgerError`` with the code `unknownRun` where its training run is not recorded,
  ///   `differentRun` where the run's checkpoint of this step is another: then the run does not
  ///   repeat to the last bit.
  public func record(_ checkpoint: TrainedCheckpointRow) throws(LedgerError) {
    try write { db in
      guard let training = try trainingKey(of: checkpoint.training, db) else {
        throw unknownRun(checkpoint.training)
      }
      let known = try Row.fetchOne(
        db, sql: "SELECT digest FROM trained_checkpoint WHERE training = ? AND step = ?",
        arguments: [training, checkpoint.step])
      if let known {
        guard try digest(known, "digest") == checkpoint.digest else {
          throw LedgerError(
            .differentRun,
            "\(path): training run \(checkpoint.training) recorded another checkpoint of step "
              + "\(checkpoint.step). Begin anew with --fresh or choose another output")
        }
        return
      }
      try db.execute(
        sql: """
          INSERT INTO trained_checkpoint(
            training, step, checkpoint, parent, loss, validation, digest, at_us)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          training, checkpoint.step, try id(of: checkpoint.checkpoint, db),
          try checkpoint.parent.map { try id(of: $0, db) },
          Int64(bitPattern: checkpoint.loss.bitPattern),
          checkpoint.validation.map { Int64(bitPattern: $0.bitPattern) },
          Data(checkpoint.digest.bytes), Ledger.now(),
        ])
      try append("trained-checkpoint", checkpoint.entry, db)
    }
  }

  // MARK: - Asking

  /// All training runs, in the order in which they were recorded.
  ///
  /// - Throws: ``LedgerError`` with the code `altered` where one is not what its hash says.
  public func trainings() throws(LedgerError) -> [TrainingRow] {
    try read { db in
      try Int64.fetchAll(db, sql: "SELECT id FROM training ORDER BY id").map {
        try training($0, db)
      }
    }
  }

  /// The checkpoints of training runs: the runs in the order in which they were recorded, the steps
  /// of each ascending.
  ///
  /// - Parameter training: the training run; nil for all.
  /// - Throws: ``LedgerError`` with the code `altered` where one is not what its hash says.
  public func trainedCheckpoints(
    of training: String? = nil
  ) throws(LedgerError) -> [TrainedCheckpointRow] {
    try read { db in
      try trainedCheckpoints(db).filter { training == nil || $0.training == training }
    }
  }

  /// The run that made the snapshot of this root; nil where the ledger does not have it.
  public func run(ofSnapshotRoot root: Digest256) throws(LedgerError) -> String? {
    try read { db in
      try String.fetchOne(
        db, sql: "SELECT name FROM snapshot s JOIN run ON run.id = s.run WHERE s.root = ?",
        arguments: [Data(root.bytes)])
    }
  }

  private func trainingKey(of training: String, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(db, sql: "SELECT id FROM training WHERE name = ?", arguments: [training])
  }

  // MARK: - Reading

  /// A training run as it was recorded; its hash is recomputed.
  private func training(_ id: Int64, _ db: Database) throws -> TrainingRow {
    let sql = """
      SELECT t.*, c.version, c.binary_sha256, c.swift, c.libraries
      FROM training t JOIN code_version c ON c.id = t.code_version WHERE t.id = ?
      """
    guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
      throw altered("the program of training run \(id) is missing")
    }
    let seeds = try Row.fetchAll(
      db, sql: "SELECT ord, name, value FROM training_seed WHERE training = ? ORDER BY ord",
      arguments: [id])
    guard seeds.enumerated().allSatisfy({ $1["ord"] == $0 }) else {
      throw altered("a seed of training run \(id) is missing")
    }
    let training = TrainingRow(
      id: row["name"], plan: Array(row["plan"] as Data), settings: row["settings"],
      seeds: seeds.map { NamedSeed($0["name"], UInt64(bitPattern: $0["value"])) },
      snapshotRoot: row["snapshot_root"] == nil ? nil : try digest(row, "snapshot_root"),
      base: try (row["base"] as Int64?).map { try checkpoint($0, db) },
      data: try digest(row, "data"), documentIndex: try digest(row, "document_index"),
      sequences: try number(row, "sequences"), rows: try number(row, "rows"),
      batch: try number(row, "batch"), orderSeed: UInt64(bitPattern: row["order_seed"]),
      code: CodeVersion(
        version: row["version"], binary: try digest(row, "binary_sha256"), swift: row["swift"],
        libraries: row["libraries"]))
    guard training.digest == (try digest(row, "digest")) else {
      throw altered("training run \(training.id) is not what its hash says")
    }
    return training
  }

  private func trainedCheckpoints(_ db: Database) throws -> [TrainedCheckpointRow] {
    let sql = """
      SELECT c.*, t.name FROM trained_checkpoint c LEFT JOIN training t ON t.id = c.training
      ORDER BY c.training, c.step
      """
    return try Row.fetchAll(db, sql: sql).map { try trainedCheckpoint($0, db) }
  }

  /// A checkpoint of a training run as it was recorded; its hash is recomputed.
  private func trainedCheckpoint(_ row: Row, _ db: Database) throws -> TrainedCheckpointRow {
    guard row["name"] != nil else { throw altered("the training run of a checkpoint is missing") }
    let loss = Double(bitPattern: UInt64(bitPattern: row["loss"]))
    let validation = (row["validation"] as Int64?).map {
      Double(bitPattern: UInt64(bitPattern: $0))
    }
    guard loss.isFinite, validation?.isFinite ?? true else {
      throw altered("a loss of a trained checkpoint is no number")
    }
    let trained = TrainedCheckpointRow(
      training: row["name"], step: row["step"],
      checkpoint: try checkpoint(row["checkpoint"], db),
      parent: try (row["parent"] as Int64?).map { try checkpoint($0, db) }, loss: loss,
      validation: validation)
    guard trained.digest == (try digest(row, "digest")) else {
      throw altered(
        "the checkpoint of step \(trained.step) of training run \(trained.training) is not what "
          + "its hash says")
    }
    return trained
  }

  // MARK: - Verifying

  /// The entries that the log must have for training runs and their checkpoints.
  func verifiedTrainingEntries(_ db: Database) throws -> [(kind: String, body: [UInt8])] {
    var entries: [(kind: String, body: [UInt8])] = []
    for id in try Int64.fetchAll(db, sql: "SELECT id FROM training ORDER BY id") {
      entries.append(("training", try training(id, db).entry))
    }
    entries += try trainedCheckpoints(db).map { ("trained-checkpoint", $0.entry) }
    let strays = try Int.fetchOne(
      db,
      sql: "SELECT count(*) FROM training_seed WHERE training NOT IN (SELECT id FROM training)")
    guard strays == 0 else { throw altered("training_seed has rows of nothing") }
    return entries
  }
}
