internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// An unlearning as it was recorded; its hash is recomputed.
  func unlearning(_ id: Int64, _ db: Database) throws -> UnlearningRow {
    let sql = """
      SELECT u.*, c.version, c.binary_sha256, c.swift, c.libraries
      FROM unlearning u JOIN code_version c ON c.id = u.code_version WHERE u.id = ?
      """
    guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else {
      throw altered("the program of unlearning \(id) is missing")
    }
    let documents = try parts("unlearning_document", id, db) {
      UnlearningRow.Document(term: $0["term"], digest: try digest($0, "digest"))
    }
    let count: Int = try number(row, "forget_documents")
    let (result, verdict) = (row["result"] as Int64?, try self.verdict(row))
    guard count > 0, count <= documents.count, result == nil || verdict == nil || verdict == .met
    else {
      throw altered("unlearning \(id) has a result that it cannot have, or forgot nothing")
    }
    let unlearning = UnlearningRow(
      id: row["name"], plan: Array(row["plan"] as Data), settings: row["settings"],
      seeds: try parts("unlearning_seed", id, db) {
        NamedSeed($0["name"], UInt64(bitPattern: $0["value"]))
      },
      base: try checkpoint(row["base"], db), result: try result.map { try checkpoint($0, db) },
      steps: row["steps"], files: try files(ofUnlearning: id, db),
      documents: Array(documents[..<count]), retained: Array(documents[count...]),
      verdict: verdict, neededItems: row["needed_items"],
      confidence: try double(row, "confidence"),
      constraints: try parts("unlearning_constraint", id, db) { try constraint($0) },
      duals: try parts("unlearning_dual", id, db) { try dual($0) },
      code: CodeVersion(
        version: row["version"], binary: try digest(row, "binary_sha256"), swift: row["swift"],
        libraries: row["libraries"]))
    guard unlearning.digest == (try digest(row, "digest")),
      unlearning.forgetRoot == (try digest(row, "forget_root"))
    else { throw altered("unlearning \(unlearning.id) is not what its hash says") }
    return unlearning
  }

  /// The rows of a table that belong to an unlearning, in order, none missing.
  private func parts<Part>(
    _ table: String, _ id: Int64, _ db: Database, _ part: (Row) throws -> Part
  ) throws -> [Part] {
    let rows = try Row.fetchAll(
      db, sql: "SELECT * FROM \(table) WHERE unlearning = ? ORDER BY ord", arguments: [id])
    return try rows.enumerated().map { place, row in
      guard row["ord"] == place else { throw altered("a row of \(table) is missing") }
      return try part(row)
    }
  }

  private func files(
    ofUnlearning id: Int64, _ db: Database
  ) throws -> [UnlearningRow.File] {
    let files = try parts("unlearning_file", id, db) { row -> UnlearningRow.File in
      guard let use = UnlearningRow.File.Use(rawValue: row["use"]),
        let stored = try Row.fetchOne(
          db, sql: "SELECT sha256, bytes FROM artefact WHERE id = ?",
          arguments: [row["artefact"] as Int64])
      else { throw altered("a file of unlearning \(id) is missing") }
      let artefact = Artefact(
        sha256: try digest(stored, "sha256"), bytes: try number(stored, "bytes"))
      return UnlearningRow.File(
        use: use, term: row["term"], file: NamedArtefact(name: row["path"], artefact: artefact))
    }
    return files
  }

  private func constraint(_ row: Row) throws -> UnlearningRow.Constraint {
    guard let verdict = try verdict(row), let before = try double(row, "before"),
      let after = try double(row, "after"), let value = try double(row, "value"),
      let limit = try double(row, "bound")
    else { throw altered("a constraint has no measure") }
    return UnlearningRow.Constraint(
      name: row["name"], term: row["term"], role: row["role"], metric: row["metric"],
      area: row["area"], level: row["level"], before: before, after: after, value: value,
      lower: try double(row, "lower"), upper: try double(row, "upper"), limit: limit,
      items: row["items"], verdict: verdict, neededItems: row["needed_items"])
  }

  private func dual(_ row: Row) throws -> UnlearningRow.Dual {
    guard let value = try double(row, "value"), let surrogate = try double(row, "surrogate"),
      let aim = try double(row, "aim"), let dual = try double(row, "dual")
    else { throw altered("a dual variable has no measure") }
    return UnlearningRow.Dual(
      step: row["step"], name: row["name"], value: value, surrogate: surrogate, aim: aim,
      dual: dual, decision: row["decision"])
  }

  private func verdict(_ row: Row) throws -> UnlearningRow.Verdict? {
    guard let name = row["verdict"] as String? else { return nil }
    guard let verdict = UnlearningRow.Verdict(rawValue: name) else {
      throw altered("a verdict says what none says")
    }
    return verdict
  }

  /// A number that stands as its bit pattern.
  private func double(_ row: Row, _ column: String) throws -> Double? {
    guard let bits = row[column] as Int64? else { return nil }
    let number = Double(bitPattern: UInt64(bitPattern: bits))
    guard number.isFinite else { throw altered("\(column) is no number") }
    return number
  }
}
