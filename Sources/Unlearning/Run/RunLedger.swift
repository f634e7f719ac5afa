internal import Foundation
internal import Ledger
internal import Streams

/// The ledger that a run is recorded in. It is open only while it is written.
struct RunLedger {
  /// The file.
  let path: String

  /// One process at a time writes a ledger: who does holds this file.
  var lockPath: String { path + ".lock" }

  /// Sees, before anything is computed, that the ledger can be written; makes it where it is not
  /// there.
  ///
  /// - Throws: ``UnlearningError/ledger(path:why:)``, `LedgerError`, `StreamsError`.
  func check() throws {
    try checkPath()
    let hadLock = Folder.exists(lockPath)
    let lock: FileLock
    do throws(StreamsError) {
      lock = try FileLock(path: lockPath)
    } catch {
      // Somebody writes this ledger just now, so it can be written; the end of the run waits.
      guard error.code == .locked else { throw error }
      return
    }
    defer { withExtendedLifetime(lock) {} }
    do {
      try Ledger(creating: path).close()
    } catch {
      // What is no ledger gets no lock beside it.
      if !hadLock { try? Folder.remove(lockPath) }
      throw error
    }
  }

  /// Refuses a path where no ledger is or can be; nothing is written.
  ///
  /// - Throws: ``UnlearningError/ledger(path:why:)``, `StreamsError`.
  func checkPath() throws {
    guard Folder.isFolder(Folder.parent(of: path)) else {
      throw UnlearningError.ledger(path: path, why: "its folder is not there; make it, or")
    }
    guard !Folder.isFolder(path) else {
      throw UnlearningError.ledger(path: path, why: "is a folder, and a ledger is a file;")
    }
    guard Folder.size(of: path) ?? 0 > 0 else { return }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw StreamsError(.unreadable, path: path, detail: "it does not open")
    }
    defer { try? file.close() }
    // What every SQLite file begins with.
    let mark = Data("SQLite format 3\0".utf8)
    guard try file.read(upToCount: mark.count) == mark else {
      throw UnlearningError.ledger(path: path, why: "is no ledger;")
    }
  }
}
