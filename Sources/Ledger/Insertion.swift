internal import GRDB
internal import GRDBSQLite
internal import Streams

/// One prepared INSERT, stepped once for each of many rows.
///
/// It binds through SQLite itself: GRDB's arguments cost as much again as SQLite's own work.
struct Insertion {
  private let connection: OpaquePointer?
  private let statement: OpaquePointer
  /// Keeps `statement` alive.
  private let owner: Statement

  /// Prepares `sql`.
  init(_ db: Database, _ sql: String) throws {
    owner = try db.cachedStatement(sql: sql)
    statement = owner.sqliteStatement
    connection = db.sqliteConnection
  }

  /// Inserts all exceptions among the rows of a shard.
  static func insert(
    exceptionsOf rows: any ShardRows, shardRun: Int64, into db: Database
  ) throws {
    let insertion = try Insertion(
      db,
      """
      INSERT INTO decision(
        shard_run, row, verdict, flags, reason, rule, digest, id_hash, text_length)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    insertion.bind(1, shardRun)
    try withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
      try rows.forEachException { record, _, _ in
        insertion.bind(2, Int64(record.row))
        insertion.bind(3, Int64(record.verdict.rawValue))
        insertion.bind(4, Int64(record.flags.rawValue))
        insertion.bind(5, Int64(record.reason))
        insertion.bind(6, Int64(record.rule))
        record.digest.copy(to: digest)
        insertion.bind(7, UnsafeRawBufferPointer(digest))
        insertion.bind(8, Int64(bitPattern: record.idHash))
        insertion.bind(9, Int64(record.textLength))
        try insertion.step()
      }
    }
  }

  /// Inserts all duplicates of a shard.
  static func insert(
    duplicatesOf rows: any ShardRows, shardRun: Int64, into db: Database
  ) throws {
    let insertion = try Insertion(
      db,
      """
      INSERT INTO duplicate(shard_run, row, survivor_shard, survivor_row) VALUES (?, ?, ?, ?)
      """)
    insertion.bind(1, shardRun)
    try rows.forEachException { _, row, _ in
      guard let row else { return }
      insertion.bind(2, Int64(row.row))
      insertion.bind(3, Int64(row.survivorShard))
      insertion.bind(4, Int64(row.survivorRow))
      try insertion.step()
    }
  }

  /// Inserts all similarities of a shard.
  static func insert(
    similaritiesOf rows: any ShardRows, shardRun: Int64, into db: Database
  ) throws {
    let insertion = try Insertion(
      db,
      """
      INSERT INTO similarity(
        shard_run, row, cluster_shard, cluster_row, neighbour_shard, neighbour_row, shared, united)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """)
    insertion.bind(1, shardRun)
    try rows.forEachException { _, _, row in
      guard let row else { return }
      insertion.bind(2, Int64(row.row))
      insertion.bind(3, Int64(row.clusterShard))
      insertion.bind(4, Int64(row.clusterRow))
      insertion.bind(5, Int64(row.neighbourShard))
      insertion.bind(6, Int64(row.neighbourRow))
      insertion.bind(7, Int64(row.shared))
      insertion.bind(8, Int64(row.united))
      try insertion.step()
    }
  }

  /// Inserts all matches of a shard.
  static func insert(
    matchesOf rows: any ShardRows, shardRun: Int64, into db: Database
  ) throws {
    let insertion = try Insertion(
      db, "INSERT INTO rule_match(shard_run, row, start, length, rule) VALUES (?, ?, ?, ?, ?)")
    insertion.bind(1, shardRun)
    try rows.forEachMatch { row in
      insertion.bind(2, Int64(row.row))
      insertion.bind(3, Int64(row.start))
      insertion.bind(4, Int64(row.length))
      insertion.bind(5, Int64(row.rule))
      try insertion.step()
    }
  }

  private func bind(_ index: Int32, _ value: Int64) {
    sqlite3_bind_int64(statement, index, value)
  }

  /// The bytes must stay where they are until the next ``step()`` returns.
  private func bind(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
    sqlite3_bind_blob(statement, index, bytes.baseAddress, Int32(bytes.count), nil)
  }

  private func step() throws {
    let code = sqlite3_step(statement)
    guard code == SQLITE_DONE else {
      let extended = sqlite3_extended_errcode(connection)
      let message = sqlite3_errmsg(connection).map { String(cString: $0) }
      sqlite3_reset(statement)
      throw DatabaseError(resultCode: ResultCode(rawValue: extended), message: message)
    }
    sqlite3_reset(statement)
  }
}
