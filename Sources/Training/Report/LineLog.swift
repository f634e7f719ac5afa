public import Streams

/// A file of lines that grows step by step and that checkpoints rest on: a run that resumes cuts it
/// back to where its checkpoint was written, and has to find there what was written.
///
/// Lines hold no times, so that a run that was stopped and resumed has the bytes of one that was
/// not.
public final class LineLog {
  /// How far a log goes, and what it says up to there.
  public struct Extent: Sendable, Equatable {
    /// Its length in bytes.
    public var bytes: Int64
    /// The SHA-256 of them.
    public var sha256: Digest256

    /// An extent.
    public init(bytes: Int64, sha256: Digest256) {
      self.bytes = bytes
      self.sha256 = sha256
    }

    /// That of a log without a line.
    public static let none = Extent(bytes: 0, sha256: Digest256(hashing: []))
  }

  /// The file.
  public let path: String
  /// What stood in the file already and stays.
  public let kept: [UInt8]
  private let output: OutputFile
  private var digest: DigestStream

  /// Opens a log to write, cut back to where a checkpoint was written.
  ///
  /// - Parameters:
  ///   - path: the file; its folder is there.
  ///   - extent: what stays; ``Extent/none`` for a run that begins.
  /// - Throws: ``TrainingLogError`` where the file does not hold it, `StreamsError` where it cannot
  ///   be read or written.
  public init(path: String, keeping extent: Extent = .none) throws {
    self.path = path
    var seen = DigestStream()
    var kept: [UInt8] = []
    if extent.bytes > 0 {
      let content = try LineLog.content(of: path)
      guard content.count >= extent.bytes else { throw TrainingLogError(path, "it is too short") }
      kept = Array(content[..<Int(extent.bytes)])
      guard Digest256(hashing: kept) == extent.sha256 else {
        throw TrainingLogError(path, "it is not the log of the checkpoint")
      }
      kept.withUnsafeBytes { seen.update($0) }
    }
    self.kept = kept
    digest = seen
    output = try OutputFile(temporaryPath: path, keeping: extent.bytes)
    try Folder.sync(Folder.parent(of: path))
  }

  /// Appends a line, with its line feed, and hands it to the operating system.
  ///
  /// - Throws: `StreamsError` where it cannot be written.
  public func append(_ line: [UInt8]) throws {
    line.withUnsafeBytes { digest.update($0) }
    try output.write(line)
    try output.flush()
  }

  /// Makes all lines so far durable: a checkpoint rests on them.
  ///
  /// - Throws: `StreamsError` where they cannot be written.
  public func seal() throws -> Extent {
    try output.flush()
    try OutputFile(temporaryPath: path, keeping: output.size).close()
    return Extent(bytes: output.size, sha256: digest.digest())
  }

  static func content(of path: String) throws -> [UInt8] {
    try FileSource.contents(of: path, limit: 1 << 32)
  }
}
