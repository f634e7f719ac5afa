internal import Foundation
internal import GRDB
public import Streams

extension Ledger {
  /// Records a finished unlearning, with its `unlearning` entry in the log. The same again changes
  /// nothing.
  ///
  /// - Parameter machine: where it ran; nothing rests on it.
  /// - Throws: ``LedgerError`` with the code `differentRun` where an unlearning of this id has
  ///   other content, or where the ledger cannot be written.
  public func record(
    _ unlearning: UnlearningRow, on machine: MachineDescription
  ) throws(LedgerError) {
    try write { db in
      let known = try Row.fetchOne(
        db, sql: "SELECT digest FROM unlearning WHERE name = ?", arguments: [unlearning.id])
      if let known {
        guard try digest(known, "digest") == unlearning.digest else {
          throw LedgerError(
            .differentRun,
            "\(path): unlearning \(unlearning.id) was recorded with other content. Begin anew with "
              + "--fresh or choose another output")
        }
        return
      }
      let base = try id(of: unlearning.base, db)
      let result = try unlearning.result.map { try id(of: $0, db) }
      let program = try ids(of: unlearning.code, on: machine, db)
      try db.execute(
        sql: """
          INSERT INTO unlearning(
            name, plan, settings, base, result, steps, forget_documents, forget_root, verdict,
            needed_items, confidence, code_version, machine, digest, at_us)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          unlearning.id, Data(unlearning.plan), unlearning.settings, base, result,
          unlearning.steps, unlearning.documents.count, Data(unlearning.forgetRoot.bytes),
          unlearning.verdict?.rawValue, unlearning.neededItems, bits(unlearning.confidence),
          program.code, program.machine, Data(unlearning.digest.bytes), Ledger.now(),
        ])
      try insert(partsOf: unlearning, db.lastInsertedRowID, db)
      try append("unlearning", unlearning.entry, db)
    }
  }

  private func insert(partsOf unlearning: UnlearningRow, _ key: Int64, _ db: Database) throws {
    for (index, seed) in unlearning.seeds.enumerated() {
      try db.execute(
        sql: "INSERT INTO unlearning_seed(unlearning, ord, name, value) VALUES (?, ?, ?, ?)",
        arguments: [key, index, seed.name, Int64(bitPattern: seed.value)])
    }
    for (index, file) in unlearning.files.enumerated() {
      try db.execute(
        sql: """
          INSERT INTO unlearning_file(unlearning, ord, use, term, path, artefact)
          VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          key, index, file.use.rawValue, file.term, file.file.name,
          try id(of: file.file.artefact, db),
        ])
    }
    // The first `forget_documents` of them are forgotten, the others retained.
    for (index, document) in (unlearning.documents + unlearning.retained).enumerated() {
      try db.execute(
        sql: "INSERT INTO unlearning_document(unlearning, ord, term, digest) VALUES (?, ?, ?, ?)",
        arguments: [key, index, document.term, Data(document.digest.bytes)])
    }
    for (index, constraint) in unlearning.constraints.enumerated() {
      try db.execute(
        sql: """
          INSERT INTO unlearning_constraint(
            unlearning, ord, name, term, role, metric, area, level, before, after, value, lower,
            upper, bound, items, verdict, needed_items)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          key, index, constraint.name, constraint.term, constraint.role, constraint.metric,
          constraint.area, constraint.level, bits(constraint.before), bits(constraint.after),
          bits(constraint.value), bits(constraint.lower), bits(constraint.upper),
          bits(constraint.limit), constraint.items, constraint.verdict.rawValue,
          constraint.neededItems,
        ])
    }
    for (index, dual) in unlearning.duals.enumerated() {
      try db.execute(
        sql: """
          INSERT INTO unlearning_dual(
            unlearning, ord, step, name, value, surrogate, aim, dual, decision)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          key, index, dual.step, dual.name, bits(dual.value), bits(dual.surrogate),
          bits(dual.aim), bits(dual.dual), dual.decision,
        ])
    }
  }

  private func bits(_ number: Double?) -> Int64? {
    number.map { Int64(bitPattern: $0.bitPattern) }
  }

  // MARK: - Asking

  /// All unlearnings, in the order in which they were recorded.
  ///
  /// - Throws: ``LedgerError`` with the code `altered` where one is not what its hash says.
  public func unlearnings() throws(LedgerError) -> [UnlearningRow] {
    try read { db in
      try Int64.fetchAll(db, sql: "SELECT id FROM unlearning ORDER BY id").map {
        try unlearning($0, db)
      }
    }
  }

  /// The unlearnings that were given a document, to forget or to retain, in the order in which they
  /// were recorded.
  ///
  /// - Parameter digest: the SHA-256 of its text.
  /// - Throws: ``LedgerError`` with the code `altered` where one is not what its hash says.
  public func unlearnings(given digest: Digest256) throws(LedgerError) -> [UnlearningRow] {
    try read { db in
      try Int64.fetchAll(
        db,
        sql: """
          SELECT DISTINCT unlearning FROM unlearning_document WHERE digest = ?
          ORDER BY unlearning
          """, arguments: [Data(digest.bytes)]
      ).map { try unlearning($0, db) }
    }
  }

  // MARK: - Verifying

  /// The entries that the log must have for unlearnings.
  func verifiedUnlearningEntries(_ db: Database) throws -> [(kind: String, body: [UInt8])] {
    let entries = try Int64.fetchAll(db, sql: "SELECT id FROM unlearning ORDER BY id").map {
      ("unlearning", try unlearning($0, db).entry)
    }
    for table in LedgerSchema.tablesOfUnlearning where table != "unlearning" {
      let strays = try Int.fetchOne(
        db,
        sql: "SELECT count(*) FROM \(table) WHERE unlearning NOT IN (SELECT id FROM unlearning)")
      guard strays == 0 else { throw altered("\(table) has rows of nothing") }
    }
    return entries
  }
}
