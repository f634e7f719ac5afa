internal import Foundation
internal import GRDB
internal import Streams

extension Ledger {
  /// The ledger's content as text, one JSON object a line: the same content, the same bytes.
  ///
  /// Sorted by what the rows mean; without times, attempts, machine and the numbers that SQLite
  /// gave to rows. Numbers that are bit patterns (`seed`, `id_hash`) appear as SQLite has them.
  public func dump() throws(LedgerError) -> String {
    try read { db in
      var text: [UInt8] = []
      for (table, sql) in Ledger.dumpQueries {
        let rows = try Row.fetchCursor(db, sql: sql)
        while let row = try rows.next() {
          text += Ledger.line(table, row)
          text.append(UInt8(ascii: "\n"))
        }
      }
      return String(decoding: text, as: UTF8.self)
    }
  }

  private static func line(_ table: String, _ row: Row) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.member("table", table)
      for (column, value) in row {
        switch value.storage {
        case .null: json.member(column, nil as String?)
        case .int64(let number): json.member(column, number)
        case .double(let number): json.member(column, number)
        case .string(let string): json.member(column, string)
        case .blob(let data): json.member(column, hex(data))
        }
      }
    }
    return json.bytes
  }

  private static func hex(_ data: Data) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * data.count)
    for byte in data {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The columns of a shard's row: which run and which shard.
  private static let place = "run.name AS run, shard.path AS shard"
  private static let joined = """
    JOIN shard ON shard.id = t.shard_run JOIN run ON run.id = shard.run
    """

  private static let dumpQueries =
    dumpOfCuration + dumpOfModels + dumpOfUnlearning + [
      ("log_entry", "SELECT idx, kind, body, leaf FROM log_entry ORDER BY idx")
    ]

  private static let dumpOfCuration: [(table: String, sql: String)] = [
    ("artefact", "SELECT sha256, bytes FROM artefact ORDER BY sha256"),
    (
      "ruleset",
      "SELECT name, version, sha256, body FROM ruleset ORDER BY sha256, name, version"
    ),
    (
      "code_version",
      """
      SELECT version, binary_sha256, swift, libraries FROM code_version ORDER BY 1, 2, 3, 4
      """
    ),
    (
      "run",
      """
      SELECT name, kind, plan, settings, seed, version, binary_sha256, swift, libraries, state, root
      FROM run JOIN code_version c ON c.id = code_version ORDER BY name
      """
    ),
    (
      "run_ruleset",
      """
      SELECT run.name AS run, ord, ruleset.sha256, ruleset.name, ruleset.version
      FROM run_ruleset t JOIN run ON run.id = t.run JOIN ruleset ON ruleset.id = t.ruleset
      ORDER BY run.name, ord
      """
    ),
    (
      "rule",
      """
      SELECT run.name AS run, ord, ruleset, rule.name FROM rule JOIN run ON run.id = rule.run
      ORDER BY run.name, ord
      """
    ),
    (
      "reason",
      """
      SELECT run.name AS run, ord, reason.name FROM reason JOIN run ON run.id = reason.run
      ORDER BY run.name, ord
      """
    ),
    (
      "shard",
      """
      SELECT run.name AS run, ord, path FROM shard JOIN run ON run.id = shard.run
      ORDER BY run.name, ord
      """
    ),
    (
      "shard_run",
      """
      SELECT \(place), i.sha256 AS input, o.sha256 AS output, format, compression, read, kept,
        dropped, duplicate, quarantined, edited, bytes_read, bytes_kept, r.sha256 AS records,
        t.root, details, damage, repeated_ids
      FROM shard_run t JOIN shard USING(id) JOIN run ON run.id = shard.run
      JOIN artefact i ON i.id = input LEFT JOIN artefact o ON o.id = output
      JOIN artefact r ON r.id = records ORDER BY run.name, shard.ord
      """
    ),
    (
      "reason_count",
      """
      SELECT \(place), reason, documents FROM reason_count t \(joined)
      ORDER BY run.name, shard.ord, reason
      """
    ),
    (
      "decision",
      """
      SELECT \(place), row, verdict, flags, reason, rule, digest, id_hash, text_length
      FROM decision t \(joined) ORDER BY run.name, shard.ord, row
      """
    ),
    (
      "duplicate",
      """
      SELECT \(place), row, survivor_shard, survivor_row FROM duplicate t \(joined)
      ORDER BY run.name, shard.ord, row
      """
    ),
    (
      "similarity",
      """
      SELECT \(place), row, cluster_shard, cluster_row, neighbour_shard, neighbour_row, shared,
        united
      FROM similarity t \(joined) ORDER BY run.name, shard.ord, row
      """
    ),
    (
      "rule_match",
      """
      SELECT \(place), row, start, length, rule FROM rule_match t \(joined)
      ORDER BY run.name, shard.ord, row, start, length, rule
      """
    ),
    (
      "against_shard",
      """
      SELECT run.name AS run, ord, snapshot_run, snapshot_root, path, sha256, documents
      FROM against_shard t JOIN run ON run.id = t.run ORDER BY run.name, ord
      """
    ),
    (
      "measure",
      """
      SELECT run.name AS run, ord, t.name, value FROM measure t JOIN run ON run.id = t.run
      ORDER BY run.name, ord
      """
    ),
    (
      "snapshot",
      """
      SELECT run.name AS run, documents, bytes, snapshot.root
      FROM snapshot JOIN run ON run.id = snapshot.run ORDER BY run.name
      """
    ),
    (
      "snapshot_part",
      """
      SELECT made.name AS snapshot, \(place), t.ord, o.sha256 AS output
      FROM snapshot_part t \(joined) LEFT JOIN artefact o ON o.id = t.output
      JOIN snapshot s ON s.id = t.snapshot JOIN run made ON made.id = s.run
      ORDER BY made.name, t.ord
      """
    ),
    (
      "snapshot_parent",
      """
      SELECT made.name AS snapshot, before.name AS parent FROM snapshot_parent t
      JOIN snapshot s ON s.id = t.snapshot JOIN run made ON made.id = s.run
      JOIN snapshot p ON p.id = t.parent JOIN run before ON before.id = p.run ORDER BY made.name
      """
    ),
  ]

  private static let dumpOfModels: [(table: String, sql: String)] = [
    (
      "checkpoint_file",
      """
      SELECT c.digest AS checkpoint, t.ord, t.name, a.sha256 FROM checkpoint_file t
      JOIN checkpoint c ON c.id = t.checkpoint JOIN artefact a ON a.id = t.artefact
      ORDER BY c.digest, t.ord
      """
    ),
    ("suite", "SELECT name, version, sha256, body FROM suite ORDER BY sha256, name, version"),
    (
      "evaluation",
      """
      SELECT e.digest, p.digest AS checkpoint, s.name AS suite, s.version, s.sha256, settings,
        items, c.version AS code, binary_sha256, swift, libraries
      FROM evaluation e JOIN checkpoint p ON p.id = e.checkpoint JOIN suite s ON s.id = e.suite
      JOIN code_version c ON c.id = e.code_version ORDER BY e.digest
      """
    ),
    (
      "evaluation_input",
      """
      SELECT e.digest AS evaluation, t.ord, path, a.sha256 FROM evaluation_input t
      JOIN evaluation e ON e.id = t.evaluation JOIN artefact a ON a.id = t.artefact
      ORDER BY e.digest, t.ord
      """
    ),
    (
      "evaluation_metric",
      """
      SELECT e.digest AS evaluation, t.ord, task, metric, value, count FROM evaluation_metric t
      JOIN evaluation e ON e.id = t.evaluation ORDER BY e.digest, t.ord
      """
    ),
    (
      "evaluation_interval",
      """
      SELECT e.digest AS evaluation, t.ord, lower, upper, confidence, method
      FROM evaluation_interval t JOIN evaluation e ON e.id = t.evaluation ORDER BY e.digest, t.ord
      """
    ),
    (
      "training",
      """
      SELECT t.name, plan, settings, snapshot_root, b.digest AS base, data, document_index,
        sequences, rows, batch, order_seed, version, binary_sha256, swift, libraries
      FROM training t LEFT JOIN checkpoint b ON b.id = t.base
      JOIN code_version c ON c.id = t.code_version ORDER BY t.name
      """
    ),
    (
      "training_seed",
      """
      SELECT t.name AS training, ord, s.name, value FROM training_seed s
      JOIN training t ON t.id = s.training ORDER BY t.name, ord
      """
    ),
    (
      "trained_checkpoint",
      """
      SELECT t.name AS training, step, c.digest AS checkpoint, p.digest AS parent, loss, validation
      FROM trained_checkpoint k JOIN training t ON t.id = k.training
      JOIN checkpoint c ON c.id = k.checkpoint LEFT JOIN checkpoint p ON p.id = k.parent
      ORDER BY t.name, step
      """
    ),
  ]
}
