internal import Foundation
internal import Ledger
internal import Streams

/// The one way to the ledger: one commit at a time, from one process at a time.
///
/// A run in one process keeps the ledger open. Processes that share a run take turns under a file
/// lock and close it in between: two SQLite writers at once would meet the WAL-reset bug of
/// SQLite before 3.51.3.
final class LedgerGate: @unchecked Sendable {
  let run: String
  private let path: String
  private let sharedLock: String?
  // Guarded by `lock`.
  private var open: Ledger?
  private let lock = NSLock()

  init(path: String, run: String, sharedLock: String?) {
    self.path = path
    self.run = run
    self.sharedLock = sharedLock
  }

  /// Does something with the ledger.
  func with<Value>(_ body: (Ledger) throws -> Value) throws -> Value {
    try lock.withLock {
      if let sharedLock {
        let held = try FileLock(path: sharedLock, waiting: true)
        defer { withExtendedLifetime(held) {} }
        let ledger = try Ledger(creating: path)
        defer { try? ledger.close() }
        return try body(ledger)
      }
      let ledger = try open ?? Ledger(creating: path)
      open = ledger
      return try body(ledger)
    }
  }

  /// Enters a shard.
  func commit(_ commit: ShardCommit, rows: any ShardRows) throws {
    CrashPoint.pass()
    try with { try $0.commit(commit, rows: rows) }
    CrashPoint.pass()
  }

  /// Closes the ledger, so that it is one file.
  func close() throws {
    try lock.withLock {
      try open?.close()
      open = nil
    }
  }
}
