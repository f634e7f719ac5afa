internal import GRDB
public import Streams

/// What can go wrong with the ledger, said with its file and with what to do next.
///
/// Descriptions hold names, counts and SQLite's own words; never a value bound to a statement.
public struct LedgerError: CordonError, Equatable {
  /// The kinds of failure.
  public enum Code: String, Sendable {
    /// No room is left where the ledger lies.
    case full
    /// Reading or writing the file failed: a broken disk, a file-size limit, a full disk.
    case inputOutput
    /// The file or its folder may not be written.
    case readOnly
    /// There is no file to read.
    case missing
    /// The file cannot be opened or made.
    case cannotOpen
    /// Another process holds the ledger.
    case locked
    /// The file is not a database, or a damaged one.
    case damaged
    /// The file is a database of something else.
    case foreign
    /// The ledger comes from a newer Cordon.
    case newer
    /// SQLite refused to promise that a commit survives a power failure.
    case notDurable
    /// A run of the same id was begun with other content.
    case differentRun
    /// The ledger holds no such run, or none at all.
    case unknownRun
    /// The run is finished; nothing can be added.
    case finishedRun
    /// The snapshot that a run would change has been changed by another run.
    case superseded
    /// The shard is committed; it cannot be committed again.
    case alreadyCommitted
    /// Shards of the run are not committed yet.
    case unfinishedRun
    /// The numbers of a commit do not add up.
    case unaccounted
    /// Bytes are not a decision record.
    case malformedRecord
    /// The content does not agree with the hashes that stand for it.
    case altered
    /// SQLite reports something that has no name here.
    case database
  }

  /// The kind of failure.
  public let code: Code
  /// What happened, where, and what to do next.
  public let description: String

  /// What follows from it.
  public var consequence: Consequence {
    switch code {
    case .full, .inputOutput, .locked: .resource
    case .readOnly, .cannotOpen, .damaged, .foreign, .newer, .notDurable, .differentRun,
      .unknownRun, .finishedRun, .superseded, .alreadyCommitted, .unfinishedRun:
      .usage
    case .missing: .input
    case .malformedRecord, .altered: .findings
    case .unaccounted, .database: .defect
    }
  }

  init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  /// Bytes that are no decision record, and why.
  init(malformedRecord why: String) {
    self.init(
      .malformedRecord,
      "not a decision record: \(why). The decision file was changed or cut; curate again with "
        + "--fresh, or restore the file")
  }

  /// What SQLite or GRDB reports about the ledger at `path`.
  init(_ error: any Error, ledger path: String) {
    if let own = error as? LedgerError {
      self = own
    } else if let database = error as? DatabaseError {
      self.init(database, path)
    } else if let file = error as? StreamsError {
      self.init(.inputOutput, file.description)
    } else {
      self.init(.database, "\(path): \(type(of: error)) from the ledger. Please report this")
    }
  }

  private init(_ error: DatabaseError, _ path: String) {
    let words = error.message ?? "no message"
    let number = error.extendedResultCode.rawValue
    switch error.resultCode {
    case .SQLITE_FULL:
      self.init(
        .full, "\(path): no room is left for the ledger. Make room and run the same command again")
    case .SQLITE_IOERR:
      self.init(
        .inputOutput,
        "\(path): the ledger could not be read or written (SQLite \(number): \(words)). The disk "
          + "may be full or a file-size limit reached; make room and run the same command again: "
          + "it resumes"
      )
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      self.init(
        .readOnly,
        "\(path): the ledger or its folder may not be written. Choose another output or allow "
          + "writing there")
    case .SQLITE_CANTOPEN:
      self.init(
        .cannotOpen,
        "\(path): the ledger cannot be opened. Look whether its folder exists and may be read "
          + "and written")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(
        .locked,
        "\(path): another process is using the ledger. Wait until it has ended, then run the "
          + "same command again")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      self.init(
        .damaged,
        "\(path): this is no ledger or a damaged one (SQLite \(number)). Restore it from a copy, "
          + "or curate again with --fresh")
    case .SQLITE_NOMEM, .SQLITE_TOOBIG:
      self.init(.full, "\(path): out of memory in the ledger (SQLite \(number))")
    case .SQLITE_CONSTRAINT:
      self.init(
        .unaccounted,
        "\(path): the ledger refused an entry that breaks its rules (SQLite \(number): "
          + "\(words)). Nothing was committed. Please report this")
    default:
      self.init(
        .database, "\(path): the ledger failed (SQLite \(number): \(words)). Please report this")
    }
  }
}
