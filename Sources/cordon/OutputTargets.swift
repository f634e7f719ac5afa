internal import Foundation
internal import Ledger
internal import Streams

/// Where results go that a person named, looked at before the work: an output that cannot be
/// written, or that would replace what is read, is told at once and not after hours.
struct OutputTargets {
  /// An option and the path that it was given.
  struct Target {
    let option: String
    let path: String
  }

  /// Pipes and devices, which are open from the beginning: whoever reads one waits for its end.
  private let streams: [String: OutputFile]

  /// Opens the targets, or sees to it that they can be written; nothing stays behind.
  ///
  /// - Parameters:
  ///   - files: take bytes.
  ///   - ledger: takes an entry.
  ///   - inputs: what the command reads.
  /// - Throws: ``OutputConflict``, `StreamsError`, `LedgerError` for a ledger that is none.
  init(_ files: [Target], ledger: Target?, inputs: [String]) throws {
    let targets = files + (ledger.map { [$0] } ?? [])
    for (index, target) in targets.enumerated() {
      guard let place = FilePlace(target.path) else { continue }
      if inputs.contains(where: { FilePlace($0) == place }) {
        throw OutputConflict(option: target.option, path: target.path, other: nil)
      }
      if let other = targets[..<index].first(where: { FilePlace($0.path) == place }) {
        throw OutputConflict(option: target.option, path: target.path, other: other.option)
      }
    }
    var streams: [String: OutputFile] = [:]
    for target in files {
      let output = try OutputFile.named(target.path, mode: 0o644)
      if output.publishedAs == nil {
        streams[target.path] = output.file
      } else {
        output.file.discard()
      }
    }
    self.streams = streams
    if let ledger { try OutputTargets.check(ledger: ledger.path) }
  }

  /// Writes a file that is one of the targets.
  func write(_ bytes: [UInt8], to path: String) throws {
    if let stream = streams[path] {
      try stream.write(bytes)
      return try stream.flush()
    }
    let output = try OutputFile.named(path, mode: 0o644)
    do {
      try output.file.write(bytes)
      try output.file.finish(publishingAs: output.publishedAs)
    } catch {
      if output.publishedAs != nil { output.file.discard() }
      throw error
    }
  }

  /// Whether a ledger is there that may be written, or may be made.
  private static func check(ledger path: String) throws {
    guard Folder.exists(path) else {
      return try OutputFile.named(path, mode: 0o644).file.discard()
    }
    guard access(path, W_OK) == 0 else {
      throw StreamsError(.unwritable, path: path, detail: String(cString: strerror(errno)))
    }
    // An empty file becomes one.
    if Folder.size(of: path) == 0 { return }
    // The entry itself waits for whoever writes; what is read here does not.
    try Ledger(reading: path).close()
  }
}

/// A place in the file system that a path leads to, whatever the path is; nil for pipes and
/// devices, which keep nothing.
private struct FilePlace: Equatable {
  private var device: UInt64 = 0
  private var number: UInt64 = 0
  /// The path of what is not there yet.
  private var path = ""

  init?(_ path: String) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFREG else { return nil }
      (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
      return
    }
    let folder = Folder.parent(of: path)
    let real = realpath(folder, nil).map { real in
      defer { free(real) }
      return String(cString: real)
    }
    self.path = "\(real ?? folder)/\(path.split(separator: "/").last ?? "")"
  }
}

/// A command that would write over what it reads, or twice over one file.
struct OutputConflict: CordonError {
  let option: String
  let path: String
  /// The other option; nil for an input.
  let other: String?

  var consequence: Consequence { .usage }
  var description: String {
    other.map { "\(path): is given for \(option) and for \($0); name two files" }
      ?? "\(path): \(option) would write over a file that is read here; name another"
  }
}
