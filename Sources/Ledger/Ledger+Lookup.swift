internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// The record of a document that was not kept; nil for one that was, and for an unknown row.
  public func decision(
    run: String, shard: Int, row: UInt64
  ) throws(LedgerError) -> DecisionRecord? {
    try rows(of: "decision", run, shard, row) { try self.decision($0) }.first
  }

  /// Which document stands for the duplicate in this row; nil for no duplicate.
  public func duplicate(
    run: String, shard: Int, row: UInt64
  ) throws(LedgerError) -> DuplicateRow? {
    try rows(of: "duplicate", run, shard, row) { try self.duplicate($0) }.first
  }

  /// What the document in this row is like; nil for none that was condemned for it.
  public func similarity(
    run: String, shard: Int, row: UInt64
  ) throws(LedgerError) -> SimilarityRow? {
    try rows(of: "similarity", run, shard, row) { try self.similarity($0) }.first
  }

  /// Where rules matched in the document of this row, by place in the text.
  public func matches(run: String, shard: Int, row: UInt64) throws(LedgerError) -> [MatchRow] {
    try rows(of: "rule_match", run, shard, row, order: "ORDER BY start, length, rule") {
      try match($0)
    }
  }

  /// What a table says of a document.
  private func rows<Found>(
    of table: String, _ run: String, _ shard: Int, _ row: UInt64, order: String = "",
    _ found: (Row) throws -> Found
  ) throws(LedgerError) -> [Found] {
    guard let position = Int64(exactly: row) else { return [] }
    return try read { db in
      try Row.fetchAll(
        db,
        sql: """
          SELECT t.* FROM \(table) t JOIN shard ON shard.id = t.shard_run
          JOIN run ON run.id = shard.run WHERE run.name = ? AND shard.ord = ? AND row = ? \(order)
          """, arguments: [run, shard, position]
      ).map(found)
    }
  }

  /// The record in a row of the table `decision`.
  func decision(_ row: Row) throws -> DecisionRecord {
    guard let verdict = Verdict(rawValue: try number(row, "verdict")) else {
      throw altered("a decision has an unknown verdict")
    }
    return DecisionRecord(
      verdict: verdict, flags: DecisionRecord.Flags(rawValue: try number(row, "flags")),
      reason: try number(row, "reason"), row: try number(row, "row"),
      digest: try digest(row, "digest"), idHash: UInt64(bitPattern: row["id_hash"]),
      textLength: try number(row, "text_length"), rule: try number(row, "rule"))
  }

  func duplicate(_ row: Row) throws -> DuplicateRow {
    DuplicateRow(
      row: try number(row, "row"), survivorShard: try number(row, "survivor_shard"),
      survivorRow: try number(row, "survivor_row"))
  }

  func similarity(_ row: Row) throws -> SimilarityRow {
    SimilarityRow(
      row: try number(row, "row"), clusterShard: try number(row, "cluster_shard"),
      clusterRow: try number(row, "cluster_row"),
      neighbourShard: try number(row, "neighbour_shard"),
      neighbourRow: try number(row, "neighbour_row"), shared: try number(row, "shared"),
      united: try number(row, "united"))
  }

  func match(_ row: Row) throws -> MatchRow {
    MatchRow(
      row: try number(row, "row"), rule: try number(row, "rule"), start: try number(row, "start"),
      length: try number(row, "length"))
  }

  /// A number that fits; whoever changed the file may have put anything there.
  func number<Number: FixedWidthInteger>(_ row: Row, _ column: String) throws -> Number {
    guard let stored = Int64.fromDatabaseValue(row[column]), let number = Number(exactly: stored)
    else {
      throw altered("\(column) is out of its range")
    }
    return number
  }

  /// A digest of 32 bytes.
  func digest(_ row: Row, _ column: String) throws -> Digest256 {
    guard let data = Data.fromDatabaseValue(row[column]), data.count == Digest256.byteCount else {
      throw altered("\(column) is no digest")
    }
    return data.withUnsafeBytes { Digest256(bytes: $0) }
  }

  func altered(_ what: String) -> LedgerError {
    LedgerError(
      .altered,
      "\(path): the ledger was changed by something else than Cordon: \(what). Restore it from a "
        + "copy, or curate again with --fresh")
  }
}
