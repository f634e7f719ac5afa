internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// Begins a run, or goes on with it where a run of this id and content has begun before.
  ///
  /// - Precondition: the shards are in strictly ascending order of their bytes, the rules point to
  ///   rule sets of the run, the reasons differ and are at most 65,535.
  /// - Throws: ``LedgerError`` where a run of this id was begun with other content (machine
  ///   aside), or the ledger cannot be written.
  public func begin(_ run: RunDescription) throws(LedgerError) {
    precondition(
      zip(run.shards, run.shards.dropFirst()).allSatisfy {
        $0.utf8.lexicographicallyPrecedes($1.utf8)
      }, "the shards of a run are in byte order, each once")
    precondition(run.rules.allSatisfy { run.ruleSets.indices.contains($0.ruleSet) })
    precondition(run.reasons.count <= Int(UInt16.max))
    try write { db in
      if let key = try self.key(of: run.id, db) {
        let stored = try self.description(of: run.id, key, db)
        if let difference = run.difference(from: stored) {
          throw LedgerError(
            .differentRun,
            "\(path): run \(run.id) was begun with other content: \(difference) differs. Begin "
              + "anew with --fresh or choose another output")
        }
        return
      }
      let key = try insertRun(run, db)
      try insertRules(of: run, key, db)
      let shard = try db.cachedStatement(sql: "INSERT INTO shard(run, ord, path) VALUES (?, ?, ?)")
      for (index, path) in run.shards.enumerated() {
        try shard.execute(arguments: [key, index, path])
      }
      try insertAgainst(run.against, key, db)
    }
  }

  /// The description that a run was begun with.
  ///
  /// - Throws: ``LedgerError`` where there is no such run.
  public func description(of run: String) throws(LedgerError) -> RunDescription {
    try read { db in try description(of: run, requireKey(of: run, db), db) }
  }

  private func insertRun(_ run: RunDescription, _ db: Database) throws -> Int64 {
    let program = try ids(of: run.code, on: run.machine, db)
    try db.execute(
      sql: """
        INSERT INTO run(
          name, kind, plan, settings, seed, code_version, machine, state, started_us)
        VALUES (?, ?, ?, ?, ?, ?, ?, 'START', ?)
        """,
      arguments: [
        run.id, run.kind, Data(run.plan), run.settings, Int64(bitPattern: run.seed), program.code,
        program.machine, Ledger.now(),
      ])
    return db.lastInsertedRowID
  }

  /// The rows of a program and a machine, which are made where there are none.
  func ids(
    of code: CodeVersion, on machine: MachineDescription, _ db: Database
  ) throws -> (code: Int64, machine: Int64) {
    let codeArguments: StatementArguments = [
      code.version, Data(code.binary.bytes), code.swift, code.libraries,
    ]
    try db.execute(
      sql: """
        INSERT INTO code_version(version, binary_sha256, swift, libraries) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """, arguments: codeArguments)
    let machineArguments: StatementArguments = [
      machine.os, machine.cpu, machine.cores, machine.sqlite,
    ]
    try db.execute(
      sql: """
        INSERT INTO machine(os, cpu, cores, sqlite) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
        """, arguments: machineArguments)
    let codeID = try Int64.fetchOne(
      db,
      sql: """
        SELECT id FROM code_version
        WHERE version = ? AND binary_sha256 = ? AND swift = ? AND libraries = ?
        """, arguments: codeArguments)
    let machineID = try Int64.fetchOne(
      db, sql: "SELECT id FROM machine WHERE os = ? AND cpu = ? AND cores = ? AND sqlite = ?",
      arguments: machineArguments)
    guard let codeID, let machineID else { throw altered("a row that was just made is missing") }
    return (codeID, machineID)
  }

  private func insertRules(of run: RunDescription, _ key: Int64, _ db: Database) throws {
    for (index, ruleSet) in run.ruleSets.enumerated() {
      let digest = Data(ruleSet.sha256.bytes)
      try db.execute(
        sql: """
          INSERT INTO ruleset(name, version, sha256, body) VALUES (?, ?, ?, ?)
          ON CONFLICT DO NOTHING
          """, arguments: [ruleSet.name, ruleSet.version, digest, Data(ruleSet.body)])
      try db.execute(
        sql: """
          INSERT INTO run_ruleset(run, ord, ruleset)
          SELECT ?, ?, id FROM ruleset WHERE sha256 = ? AND name = ? AND version = ?
          """, arguments: [key, index, digest, ruleSet.name, ruleSet.version])
    }
    let rule = try db.cachedStatement(
      sql: "INSERT INTO rule(run, ord, ruleset, name) VALUES (?, ?, ?, ?)")
    for (index, row) in run.rules.enumerated() {
      try rule.execute(arguments: [key, index + 1, row.ruleSet, row.name])
    }
    for (index, reason) in run.reasons.enumerated() {
      try db.execute(
        sql: "INSERT INTO reason(run, ord, name) VALUES (?, ?, ?)",
        arguments: [key, index + 1, reason])
    }
  }

  private func insertAgainst(_ shards: [AgainstShard], _ key: Int64, _ db: Database) throws {
    for (index, shard) in shards.enumerated() {
      try db.execute(
        sql: """
          INSERT INTO against_shard(
            run, ord, snapshot_run, snapshot_root, path, sha256, documents)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          key, index, shard.snapshotRun, Data(shard.snapshotRoot.bytes), shard.path,
          Data(shard.sha256.bytes), shard.documents,
        ])
    }
  }

  private func against(of key: Int64, _ db: Database) throws -> [AgainstShard] {
    try ordered("SELECT * FROM against_shard WHERE run = ? ORDER BY ord", key, from: 0, db).map {
      AgainstShard(
        snapshotRun: $0["snapshot_run"], snapshotRoot: try digest($0, "snapshot_root"),
        path: $0["path"], sha256: try digest($0, "sha256"), documents: try number($0, "documents"))
    }
  }

  func measures(of key: Int64, _ db: Database) throws -> [Measure] {
    try ordered("SELECT ord, name, value FROM measure WHERE run = ? ORDER BY ord", key, from: 0, db)
      .map { Measure($0["name"], try number($0, "value")) }
  }

  func description(of run: String, _ key: Int64, _ db: Database) throws -> RunDescription {
    let sql = """
      SELECT kind, plan, settings, seed, version, binary_sha256, swift, libraries, os, cpu, cores,
        sqlite
      FROM run JOIN code_version c ON c.id = code_version JOIN machine m ON m.id = machine
      WHERE run.id = ?
      """
    guard let row = try Row.fetchOne(db, sql: sql, arguments: [key]) else {
      throw unknownRun(run)
    }
    let ruleSets = try ordered(
      """
      SELECT ord, name, version, body FROM run_ruleset JOIN ruleset ON ruleset.id = ruleset
      WHERE run = ? ORDER BY ord
      """, key, from: 0, db)
    let rules = try ordered(
      "SELECT ord, name, ruleset FROM rule WHERE run = ? ORDER BY ord", key, from: 1, db)
    let shards = try ordered(
      "SELECT ord, path FROM shard WHERE run = ? ORDER BY ord", key, from: 0, db)
    return RunDescription(
      id: run, kind: row["kind"], plan: Array(row["plan"] as Data), settings: row["settings"],
      seed: UInt64(bitPattern: row["seed"]),
      ruleSets: ruleSets.map {
        RuleSetRow(name: $0["name"], version: $0["version"], body: Array($0["body"] as Data))
      },
      rules: try rules.map { RuleRow(name: $0["name"], ruleSet: try number($0, "ruleset")) },
      reasons: try reasons(of: key, db),
      code: CodeVersion(
        version: row["version"], binary: try digest(row, "binary_sha256"),
        swift: row["swift"], libraries: row["libraries"]),
      machine: MachineDescription(
        os: row["os"], cpu: row["cpu"], cores: try number(row, "cores"), sqlite: row["sqlite"]),
      shards: shards.map { $0["path"] }, against: try against(of: key, db))
  }

  func reasons(of key: Int64, _ db: Database) throws -> [String] {
    try ordered("SELECT ord, name FROM reason WHERE run = ? ORDER BY ord", key, from: 1, db)
      .map { $0["name"] }
  }

  /// The rows of a list, whose places must follow each other: records point to places.
  private func ordered(
    _ sql: String, _ key: Int64, from first: Int, _ db: Database
  ) throws -> [Row] {
    let rows = try Row.fetchAll(db, sql: sql, arguments: [key])
    for (place, row) in rows.enumerated() where row["ord"] != first + place {
      throw altered("a list of the run has no place \(first + place)")
    }
    return rows
  }

  func key(of run: String, _ db: Database) throws -> Int64? {
    try Int64.fetchOne(db, sql: "SELECT id FROM run WHERE name = ?", arguments: [run])
  }

  func requireKey(of run: String, _ db: Database) throws -> Int64 {
    guard let key = try key(of: run, db) else { throw unknownRun(run) }
    return key
  }

  func unknownRun(_ run: String) -> LedgerError {
    LedgerError(
      .unknownRun, "\(path): the ledger holds no run \(run). Ask for the summary to see its runs")
  }

  /// Microseconds since 1970. Times are kept for people and left out of the canonical dump.
  static func now() -> Int64 {
    Int64(Date().timeIntervalSince1970 * 1e6)
  }
}
