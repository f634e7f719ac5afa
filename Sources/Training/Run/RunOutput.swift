internal import Foundation
public import Streams

/// The folder that a run writes to, and what is its own there.
public struct RunOutput: Sendable {
  /// The folder.
  public let folder: String
  /// What a run writes, as names in the folder, in the order in which ``clear()`` removes it. No
  /// other name is ever removed.
  public let names: [String]
  /// A name that a run leaves before all others: it says that a run of this kind was here.
  public let mark: String

  /// Where a training run works; a curation and an unlearning have a folder of that name too.
  static let work = ".work"
  /// What says that a curation or an unlearning was here, which work in such a folder.
  private static let marksBesideWork = ["run.json", ".unlearning"]
  /// What says that a curation, an unlearning, an attack or a training run was here.
  private static let marks = marksBesideWork + [".attack", work]

  /// An output.
  ///
  /// - Parameters:
  ///   - names: what a run of this kind writes, beside its mark and what says of its ledger, which
  ///     every kind writes (``LedgerPointer``).
  ///   - mark: what it leaves before all of that.
  public init(_ folder: String, names: [String], mark: String) {
    (self.folder, self.mark) = (folder, mark)
    self.names = names + [LedgerPointer.name]
  }

  /// Makes the folder, locks it and checks it; one that is somebody else's gets no file.
  ///
  /// - Parameter inputs: what the run reads.
  /// - Throws: as ``checkOutside(_:)`` and ``check()``, `StreamsError` where it cannot be made, or
  ///   another process has it.
  public func take(apartFrom inputs: [String]) throws -> FileLock {
    try checkOutside(inputs)
    try check()
    try Folder.make(folder)
    let lock = try FileLock(path: folder + "/.lock")
    // Again, now that nobody else writes here.
    try check()
    return lock
  }

  /// Removes what an earlier run of this kind wrote; without its mark nothing.
  ///
  /// - Throws: `StreamsError` where something cannot be removed.
  public func clear() throws {
    guard isOwn else { return }
    // The mark goes last: what a run that is killed here leaves is still a run's.
    for name in names.filter({ $0 != mark }) + names.filter({ $0 == mark }) {
      try Folder.remove("\(folder)/\(name)")
    }
  }

  /// What stands in an output without the mark of this kind is somebody else's, and so is a folder
  /// that another kind of run has marked.
  ///
  /// - Throws: ``TrainingRunError/foreign(path:)``.
  public func check() throws(TrainingRunError) {
    guard !isOwn else { return }
    for name in RunOutput.marks + names where has(name) {
      throw .foreign(path: "\(folder)/\(name)")
    }
  }

  /// What a run reads must not be what it writes or removes, and a folder that it reads must not
  /// hold what it writes. A single file may stand in the output under a name that no run writes.
  ///
  /// - Throws: ``TrainingRunError/inside(path:output:)`` and
  ///   ``TrainingRunError/within(output:path:)``.
  ///
  /// A pattern must match neither the output nor what holds it, nor a name that the run writes.
  public func checkOutside(_ inputs: [String]) throws(TrainingRunError) {
    let output = RunOutput.standard(folder)
    for path in inputs {
      if RunOutput.matches(path, [output] + names.map { RunOutput.standard("\(folder)/\($0)") }) {
        throw .within(output: folder, path: path)
      }
      let input = RunOutput.standard(path)
      guard !Folder.isFolder(path) || !RunOutput.holds(input, output) else {
        throw .within(output: folder, path: path)
      }
      for name in names {
        guard !RunOutput.holds(RunOutput.standard("\(folder)/\(name)"), input) else {
          throw .inside(path: path, output: folder)
        }
      }
    }
  }

  /// Whether a run of this kind was here. A folder to work in says so of a training run alone where
  /// no other kind that has one left its mark.
  private var isOwn: Bool {
    has(mark) && !(mark == RunOutput.work && RunOutput.marksBesideWork.contains(where: has))
  }

  private func has(_ name: String) -> Bool { Folder.exists("\(folder)/\(name)") }

  /// Whether a path is another, or below it. By bytes: a slash before a combining mark is no
  /// character of its own.
  private static func holds(_ folder: String, _ path: String) -> Bool {
    path == folder || path.utf8.starts(with: (folder + "/").utf8)
  }

  /// Whether a pattern (`*`, `?`, `[…]`) finds one of some paths, or a folder that it is in.
  private static func matches(_ pattern: String, _ paths: [String]) -> Bool {
    let parts = pattern.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.firstIndex(where: { $0.contains { "*?[".contains($0) } }) else {
      return false
    }
    let fixed = parts[..<first].joined(separator: "/")
    let start = standard(fixed.isEmpty ? (pattern.hasPrefix("/") ? "/" : ".") : fixed)
    let whole = ([start == "/" ? "" : start] + parts[first...].map(String.init))
      .joined(separator: "/")
    for var path in paths {
      while path.utf8.count > 1 {
        if fnmatch(whole, path, FNM_PATHNAME) == 0 { return true }
        path = Folder.parent(of: path)
      }
    }
    return false
  }

  /// A path without links, also of what is not there yet.
  private static func standard(_ path: String) -> String {
    var (there, missing) = (path, "")
    while !Folder.exists(there), Folder.parent(of: there) != there {
      let bytes = there.utf8
      let name = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[$0...].dropFirst() }
      missing = "/\(String(decoding: name ?? bytes[...], as: UTF8.self))" + missing
      there = Folder.parent(of: there)
    }
    guard let found = realpath(there, nil) else { return path }
    defer { free(found) }
    let whole = String(cString: found) + missing
    return missing.isEmpty ? whole : URL(fileURLWithPath: whole).standardizedFileURL.path
  }
}
