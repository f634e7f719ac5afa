internal import Foundation
internal import GRDB
public import Streams

extension Ledger {
  /// Records what a checkpoint scored: its files, the suite, the inputs and the numbers.
  ///
  /// The log gets a `checkpoint` and a `suite` entry where it does not have them, and an
  /// `evaluation` entry. The same evaluation again changes nothing, another outcome is another
  /// evaluation.
  ///
  /// - Parameter machine: where it ran; nothing rests on it.
  /// - Returns: the evaluation's ``EvaluationRow/digest``.
  /// - Throws: ``LedgerError`` where the ledger cannot be written.
  @discardableResult
  public func record(
    _ evaluation: EvaluationRow, on machine: MachineDescription
  ) throws(LedgerError) -> Digest256 {
    let digest = evaluation.digest
    try write { db in
      let known = try Bool.fetchOne(
        db, sql: "SELECT EXISTS(SELECT 1 FROM evaluation WHERE digest = ?)",
        arguments: [Data(digest.bytes)])
      if known == true { return }
      let checkpoint = try id(of: evaluation.checkpoint, db)
      let suite = try id(of: evaluation.suite, db)
      let program = try ids(of: evaluation.code, on: machine, db)
      try db.execute(
        sql: """
          INSERT INTO evaluation(
            checkpoint, suite, settings, items, code_version, machine, digest, at_us)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          checkpoint, suite, evaluation.settings, Data(evaluation.items.bytes), program.code,
          program.machine, Data(digest.bytes), Ledger.now(),
        ])
      let id = db.lastInsertedRowID
      for (index, input) in evaluation.inputs.enumerated() {
        try db.execute(
          sql: "INSERT INTO evaluation_input(evaluation, ord, path, artefact) VALUES (?, ?, ?, ?)",
          arguments: [id, index, input.name, try self.id(of: input.artefact, db)])
      }
      for (index, metric) in evaluation.metrics.enumerated() {
        try db.execute(
          sql: """
            INSERT INTO evaluation_metric(evaluation, ord, task, metric, value, count)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
          arguments: [id, index, metric.task, metric.metric, metric.value, metric.count])
        guard let interval = metric.interval else { continue }
        try db.execute(
          sql: """
            INSERT INTO evaluation_interval(evaluation, ord, lower, upper, confidence, method)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            id, index, interval.lower, interval.upper, interval.confidence, interval.method,
          ])
      }
      try append("evaluation", evaluation.entry, db)
    }
    return digest
  }

  /// All evaluations, in the order in which they were recorded.
  ///
  /// - Throws: ``LedgerError`` with the code `altered` where one is not what its hash says.
  public func evaluations() throws(LedgerError) -> [EvaluationRow] {
    try read { db in
      try Int64.fetchAll(db, sql: "SELECT id FROM evaluation ORDER BY id").map {
        try evaluation($0, db)
      }
    }
  }

  // MARK: - Writing

  /// The row of a checkpoint, which is made, with its entry in the log, where there is none.
  func id(of checkpoint: CheckpointRow, _ db: Database) throws -> Int64 {
    let digest = Data(checkpoint.digest.bytes)
    let known = try Int64.fetchOne(
      db, sql: "SELECT id FROM checkpoint WHERE digest = ?", arguments: [digest])
    if let known { return known }
    try db.execute(sql: "INSERT INTO checkpoint(digest) VALUES (?)", arguments: [digest])
    let id = db.lastInsertedRowID
    for (index, file) in checkpoint.files.enumerated() {
      try db.execute(
        sql: "INSERT INTO checkpoint_file(checkpoint, ord, name, artefact) VALUES (?, ?, ?, ?)",
        arguments: [id, index, file.name, try self.id(of: file.artefact, db)])
    }
    try append("checkpoint", Ledger.entry(of: checkpoint), db)
    return id
  }

  private func id(of suite: SuiteRow, _ db: Database) throws -> Int64 {
    let digest = Data(suite.sha256.bytes)
    let known = try Int64.fetchOne(
      db, sql: "SELECT id FROM suite WHERE sha256 = ? AND name = ? AND version = ?",
      arguments: [digest, suite.name, suite.version])
    if let known { return known }
    try db.execute(
      sql: "INSERT INTO suite(name, version, sha256, body) VALUES (?, ?, ?, ?)",
      arguments: [suite.name, suite.version, digest, Data(suite.body)])
    let id = db.lastInsertedRowID
    try append("suite", Ledger.entry(of: suite), db)
    return id
  }

  // MARK: - Reading

  /// An evaluation as it was recorded; its hash is recomputed.
  private func evaluation(_ id: Int64, _ db: Database) throws -> EvaluationRow {
    let sql = """
      SELECT e.checkpoint, e.suite, e.settings, e.items, e.digest, c.version, c.binary_sha256,
        c.swift, c.libraries
      FROM evaluation e JOIN code_version c ON c.id = e.code_version WHERE e.id = ?
      """
    guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
      throw altered("the program of evaluation \(id) is missing")
    }
    let inputs = try files(
      "SELECT ord, path AS name, sha256, bytes FROM evaluation_input", "evaluation", id, db)
    let metrics = try Row.fetchAll(
      db,
      sql: """
        SELECT m.ord, task, metric, value, count, lower, upper, confidence, method
        FROM evaluation_metric m LEFT JOIN evaluation_interval i
          ON i.evaluation = m.evaluation AND i.ord = m.ord
        WHERE m.evaluation = ? ORDER BY m.ord
        """, arguments: [id])
    let evaluation = EvaluationRow(
      checkpoint: try checkpoint(row["checkpoint"], db), suite: try suite(row["suite"], db),
      inputs: inputs, settings: row["settings"], items: try digest(row, "items"),
      metrics: try metrics.enumerated().map { place, row in
        guard row["ord"] == place else { throw altered("a number of evaluation \(id) is missing") }
        return MetricRow(
          task: row["task"], metric: row["metric"], value: row["value"],
          count: try number(row, "count"), interval: try interval(row, of: id))
      },
      code: CodeVersion(
        version: row["version"], binary: try digest(row, "binary_sha256"), swift: row["swift"],
        libraries: row["libraries"]))
    guard evaluation.digest == (try digest(row, "digest")) else {
      throw altered("evaluation \(id) is not what its hash says")
    }
    return evaluation
  }

  /// The interval of a number; nil where it has none.
  private func interval(_ row: Row, of id: Int64) throws -> MetricInterval? {
    guard let lower = row["lower"] as Double? else { return nil }
    let (upper, confidence) = (row["upper"] as Double, row["confidence"] as Double)
    guard lower <= upper, lower.isFinite, upper.isFinite, confidence > 0, confidence < 1,
      let method = row["method"] as String?, !method.isEmpty
    else { throw altered("an interval of evaluation \(id) is none") }
    return MetricInterval(lower: lower, upper: upper, confidence: confidence, method: method)
  }

  /// A checkpoint as it was recorded; its hash is recomputed.
  func checkpoint(_ id: Int64, _ db: Database) throws -> CheckpointRow {
    let stored = try Row.fetchOne(
      db, sql: "SELECT digest FROM checkpoint WHERE id = ?", arguments: [id])
    let files = try files(
      "SELECT ord, name, sha256, bytes FROM checkpoint_file", "checkpoint", id, db)
    let isOrdered = zip(files, files.dropFirst()).allSatisfy {
      $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
    }
    guard let stored, !files.isEmpty, isOrdered else {
      throw altered("checkpoint \(id) or a file of it is missing")
    }
    let checkpoint = CheckpointRow(files: files)
    guard checkpoint.digest == (try digest(stored, "digest")) else {
      throw altered("checkpoint \(id) is not what its hash says")
    }
    return checkpoint
  }

  private func suite(_ id: Int64, _ db: Database) throws -> SuiteRow {
    let row = try Row.fetchOne(
      db, sql: "SELECT name, version, sha256, body FROM suite WHERE id = ?", arguments: [id])
    guard let row else { throw altered("suite \(id) is missing") }
    let suite = SuiteRow(
      name: row["name"], version: row["version"], body: Array(row["body"] as Data))
    guard suite.sha256 == (try digest(row, "sha256")) else {
      throw altered("suite \(id) is not what its hash says")
    }
    return suite
  }

  private func files(
    _ select: String, _ key: String, _ id: Int64, _ db: Database
  ) throws -> [NamedArtefact] {
    let rows = try Row.fetchAll(
      db, sql: "\(select) t JOIN artefact a ON a.id = t.artefact WHERE \(key) = ? ORDER BY ord",
      arguments: [id])
    return try rows.enumerated().map { place, row in
      guard row["ord"] == place else { throw altered("a file of \(key) \(id) is missing") }
      return NamedArtefact(
        name: row["name"],
        artefact: Artefact(sha256: try digest(row, "sha256"), bytes: try number(row, "bytes")))
    }
  }

  // MARK: - Verifying

  /// The entries that the log must have for checkpoints, suites and evaluations.
  func verifiedEvaluationEntries(_ db: Database) throws -> [(kind: String, body: [UInt8])] {
    var entries: [(kind: String, body: [UInt8])] = []
    for id in try Int64.fetchAll(db, sql: "SELECT id FROM checkpoint ORDER BY id") {
      entries.append(("checkpoint", Ledger.entry(of: try checkpoint(id, db))))
    }
    for id in try Int64.fetchAll(db, sql: "SELECT id FROM suite ORDER BY id") {
      entries.append(("suite", Ledger.entry(of: try suite(id, db))))
    }
    for id in try Int64.fetchAll(db, sql: "SELECT id FROM evaluation ORDER BY id") {
      entries.append(("evaluation", try evaluation(id, db).entry))
    }
    for (table, key) in [
      ("checkpoint_file", "checkpoint"), ("evaluation_input", "evaluation"),
      ("evaluation_metric", "evaluation"),
    ] {
      let strays = try Int.fetchOne(
        db,
        sql: "SELECT count(*) FROM \(table) WHERE \(key) NOT IN (SELECT id FROM \(key))")
      guard strays == 0 else { throw altered("\(table) has rows of nothing") }
    }
    let strays = try Int.fetchOne(
      db,
      sql: """
        SELECT count(*) FROM evaluation_interval i WHERE NOT EXISTS (
          SELECT 1 FROM evaluation_metric m WHERE m.evaluation = i.evaluation AND m.ord = i.ord)
        """)
    guard strays == 0 else { throw altered("evaluation_interval has rows of nothing") }
    return entries
  }

  /// A `checkpoint` entry.
  private static func entry(of checkpoint: CheckpointRow) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.member("kind", "checkpoint")
      json.member("digest", checkpoint.digest.hex)
      json.member("files", checkpoint.files.count)
    }
    return json.bytes
  }

  /// A `suite` entry.
  private static func entry(of suite: SuiteRow) -> [UInt8] {
    entry("suite", name: suite.name, version: suite.version, sha256: suite.sha256)
  }
}
