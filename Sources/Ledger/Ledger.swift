internal import Foundation
internal import GRDB

/// The catalogue of runs: what was read, what became of it, by which rules, and the hashes that
/// hold it all together. One SQLite file.
///
/// One owner at a time: the class is not `Sendable`, and one writing process at a time is for the
/// caller to see to with a lock of its own.
///
/// While it is written the file is in WAL mode with `synchronous = FULL`: a commit that returned
/// survives a power failure. When the writer closes it, it becomes one plain file again, which
/// opens anywhere, also on a read-only disk.
public final class Ledger {
  /// The file.
  public let path: String
  let queue: DatabaseQueue
  private let isWriting: Bool

  /// Creates the ledger at `path`, or opens it for writing.
  ///
  /// - Throws: ``LedgerError`` where the file cannot be made, written or locked, is no ledger, or
  ///   comes from a newer Cordon.
  public convenience init(creating path: String) throws(LedgerError) {
    try self.init(creating: path, patience: 10)
  }

  /// - Parameter patience: seconds to wait for a lock.
  init(creating path: String, patience: Double) throws(LedgerError) {
    self.path = path
    isWriting = true
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(patience)
      configuration.prepareDatabase { db in
        // Takes effect on a new file only, and only before WAL. Half the depth of the big tables.
        try db.execute(sql: "PRAGMA page_size = 8192; PRAGMA cache_size = -16384")
      }
      queue = try DatabaseQueue(path: Ledger.plain(path), configuration: configuration)
      try queue.writeWithoutTransaction { db in
        try Ledger.claim(db, path)
        try Ledger.makeDurable(db, path)
      }
      let migrator = LedgerSchema.migrator
      if try queue.read(migrator.hasBeenSuperseded) { throw Ledger.newer(path) }
      try migrator.migrate(queue)
    } catch {
      throw LedgerError(error, ledger: path)
    }
  }

  /// Opens the ledger at `path` to read it, alone or beside its writer.
  ///
  /// - Throws: ``LedgerError`` where there is no file, it cannot be read, is no ledger, or comes
  ///   from a newer Cordon.
  public init(reading path: String) throws(LedgerError) {
    self.path = path
    isWriting = false
    guard FileManager.default.fileExists(atPath: path) else {
      throw LedgerError(
        .missing,
        "\(path): there is no ledger here. Name it with --ledger, or the output folder of a "
          + "curation with --output")
    }
    do {
      queue = try Ledger.openToRead(path)
    } catch {
      throw LedgerError(error, ledger: path)
    }
  }

  deinit {
    try? close()
  }

  /// Closes the file; a second time does nothing. A ledger that goes away closes itself.
  ///
  /// - Throws: ``LedgerError`` where what is committed could not be moved into the file itself;
  ///   it stands in the `-wal` file beside it and is not lost.
  public func close() throws(LedgerError) {
    do {
      if isWriting {
        // Beside a reader the mode stays: that is no failure.
        _ = try? queue.writeWithoutTransaction { db in
          try db.execute(sql: "PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE")
        }
      }
      try queue.close()
    } catch {
      throw LedgerError(error, ledger: path)
    }
  }

  /// Reads within one snapshot of the ledger.
  func read<Value>(_ body: (Database) throws -> Value) throws(LedgerError) -> Value {
    do {
      return try queue.read(body)
    } catch {
      throw LedgerError(error, ledger: path)
    }
  }

  /// Writes all of it or nothing.
  func write<Value>(_ body: (Database) throws -> Value) throws(LedgerError) -> Value {
    do {
      return try queue.write(body)
    } catch {
      throw LedgerError(error, ledger: path)
    }
  }
}

extension Ledger {
  /// A path that SQLite does not take for a URI.
  private static func plain(_ path: String) -> String {
    path.hasPrefix("/") ? path : "./" + path
  }

  private static func newer(_ path: String) -> LedgerError {
    LedgerError(.newer, "\(path): this ledger comes from a newer Cordon. Use that one")
  }

  /// Marks a new file as a ledger; refuses another program's database.
  private static func claim(_ db: Database, _ path: String) throws {
    let id = try Int.fetchOne(db, sql: "PRAGMA application_id")
    if id == LedgerSchema.applicationID { return }
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master")
    guard id == 0, tables == 0 else { throw foreign(path) }
    try db.execute(sql: "PRAGMA application_id = \(LedgerSchema.applicationID)")
  }

  private static func foreign(_ path: String) -> LedgerError {
    LedgerError(
      .foreign, "\(path): this is a database of another program. Choose another ledger file")
  }

  /// WAL with a sync at every commit, read back: GRDB and SQLite have defaults that lose the last
  /// commits with the power.
  private static func makeDurable(_ db: Database, _ path: String) throws {
    try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode")
    let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
    guard mode == "wal", synchronous == 2 else {
      throw LedgerError(
        .notDurable,
        "\(path): SQLite cannot keep commits safe here (journal \(mode ?? "unknown"), "
          + "synchronous \(synchronous ?? -1)). Choose a ledger file on a local disk")
    }
  }

  private static func openToRead(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    do {
      let queue = try DatabaseQueue(path: plain(path), configuration: configuration)
      try check(queue, path)
      return queue
    } catch let error as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
      && hasNoLog(path)
    {
      // A file left in WAL mode in a folder that cannot hold the -shm file. With nothing in the
      // -wal file nobody is writing, so the file may be taken as it is.
      let escaped =
        (path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path)
        .addingPercentEncoding(withAllowedCharacters: .urlPathAllowed)
      let queue = try DatabaseQueue(
        path: "file://\(escaped ?? path)?immutable=1", configuration: configuration)
      try check(queue, path)
      return queue
    }
  }

  private static func hasNoLog(_ path: String) -> Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path + "-wal")
    return attributes.map { ($0[.size] as? UInt64) == 0 } ?? true
  }

  private static func check(_ queue: DatabaseQueue, _ path: String) throws {
    let missing = try queue.read { db in
      guard try Int.fetchOne(db, sql: "PRAGMA application_id") == LedgerSchema.applicationID
      else { throw foreign(path) }
      let migrator = LedgerSchema.migrator
      if try migrator.hasBeenSuperseded(db) { throw newer(path) }
      let completed = try migrator.completedMigrations(db)
      guard completed.contains(LedgerSchema.curationMigration) else {
        throw LedgerError(
          .damaged,
          "\(path): this ledger was not made to its end. Run the same curate command again")
      }
      return [
        (LedgerSchema.nearDuplicatesMigration, LedgerSchema.nearDuplicates(temporary: true)),
        (LedgerSchema.modelsMigration, LedgerSchema.models(temporary: true)),
        (LedgerSchema.trainingMigration, LedgerSchema.training(temporary: true)),
        (LedgerSchema.unlearningMigration, LedgerSchema.unlearning(temporary: true)),
        (LedgerSchema.intervalsMigration, LedgerSchema.intervals(temporary: true)),
      ].filter { !completed.contains($0.0) }.map(\.1)
    }
    guard !missing.isEmpty else { return }
    // What a reader may not add to the file stands beside it, empty.
    try queue.inDatabase { db in
      for tables in missing { try db.execute(sql: tables) }
    }
  }
}
