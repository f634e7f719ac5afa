internal import Foundation

/// A file that is written under a temporary name and appears under its own only when it is whole.
public final class OutputFile {
  /// Where it is written.
  public let temporaryPath: String
  /// What errors call it: the path that a person named, where there is one.
  private let name: String
  /// Bytes written so far.
  public private(set) var size: Int64 = 0
  private var descriptor: Int32
  private let buffer: ByteBlock
  private let bufferLimit: Int

  /// Creates or empties the file at `temporaryPath`, or goes on behind its first `keeping` bytes.
  ///
  /// - Parameters:
  ///   - temporaryPath: where to write; its folder is there.
  ///   - mode: the permissions of a new file.
  ///   - keeping: bytes of an earlier attempt that stay.
  ///   - buffer: bytes that are gathered before a write.
  ///   - name: what errors call it; nil for `temporaryPath`.
  public init(
    temporaryPath: String, mode: UInt32 = 0o644, keeping: Int64 = 0, buffer: Int = 256 << 10,
    named name: String? = nil
  ) throws(StreamsError) {
    let name = name ?? temporaryPath
    self.temporaryPath = temporaryPath
    self.name = name
    bufferLimit = buffer
    self.buffer = ByteBlock(capacity: buffer)
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_CLOEXEC, mode_t(mode))
    guard descriptor >= 0 else { throw .writing(name) }
    guard ftruncate(descriptor, Int(keeping)) == 0, lseek(descriptor, Int(keeping), SEEK_SET) >= 0
    else {
      let error = StreamsError.writing(name)
      Foundation.close(descriptor)
      throw error
    }
    size = keeping
  }

  /// Where a result goes that a person named: a regular file appears when it is whole, replacing an
  /// earlier one (or what a link leads to); a pipe or device is written to as it comes.
  ///
  /// - Returns: the output, and the path to publish it under; nil where it is only flushed.
  public static func named(_ path: String, mode: UInt32) throws(StreamsError)
    -> (file: OutputFile, publishedAs: String?)
  {
    var status = stat()
    guard stat(path, &status) == 0 else {
      return (try OutputFile(temporaryPath: unique(path), mode: mode, named: path), path)
    }
    if status.st_mode & S_IFMT != S_IFREG {
      let descriptor = open(path, O_WRONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .writing(path) }
      return (OutputFile(descriptor: descriptor, named: path), nil)
    }
    var input = stat()
    if fstat(STDIN_FILENO, &input) == 0, input.st_dev == status.st_dev,
      input.st_ino == status.st_ino
    {
      throw StreamsError(.unwritable, path: path, detail: "it is the input")
    }
    let target = realpath(path, nil).map { real in
      defer { free(real) }
      return String(cString: real)
    }
    let place = target ?? path
    return (try OutputFile(temporaryPath: unique(place), mode: mode, named: path), place)
  }

  private static func unique(_ path: String) -> String { "\(path).cordon-\(getpid()).partial" }

  /// The process's standard output, buffered; it is flushed and not published.
  public static func standardOutput() throws(StreamsError) -> OutputFile {
    let copy = dup(STDOUT_FILENO)
    guard copy >= 0 else { throw .writing("standard output") }
    return OutputFile(descriptor: copy, named: "standard output")
  }

  private init(descriptor: Int32, named name: String) {
    temporaryPath = name
    self.name = name
    self.descriptor = descriptor
    bufferLimit = 256 << 10
    buffer = ByteBlock(capacity: bufferLimit)
  }

  deinit {
    if descriptor >= 0 { Foundation.close(descriptor) }
  }

  /// Appends bytes.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(StreamsError) {
    size += Int64(bytes.count)
    if buffer.count + bytes.count <= bufferLimit {
      buffer.append(bytes)
      return
    }
    try flush()
    if bytes.count >= bufferLimit { try writeAll(bytes) } else { buffer.append(bytes) }
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(StreamsError) {
    // `withUnsafeBytes` does not carry typed errors.
    let result = bytes.withUnsafeBytes { content -> Result<Void, StreamsError> in
      do throws(StreamsError) { return .success(try write(content)) } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  /// Hands everything so far to the operating system.
  public func flush() throws(StreamsError) {
    try writeAll(buffer.bytes)
    buffer.truncate(to: 0)
  }

  /// Flushes, makes the bytes durable and closes the file, still under its temporary name.
  public func close(durably: Bool = true) throws(StreamsError) {
    guard descriptor >= 0 else { return }
    try flush()
    while durably && fsync(descriptor) != 0 {
      guard errno == EINTR else { throw .writing(name) }
    }
    let status = Foundation.close(descriptor)
    descriptor = -1
    if status != 0 { throw .writing(name) }
  }

  /// Closes the file and removes it: nothing becomes of it.
  public func discard() {
    if descriptor >= 0 { Foundation.close(descriptor) }
    descriptor = -1
    unlink(temporaryPath)
  }

  /// Gives the closed file its own name, durably: rename and fsync of the folder.
  public func publish(as path: String) throws(StreamsError) {
    try close()
    CrashPoint.pass()
    try Folder.rename(temporaryPath, to: path)
  }

  /// Ends what ``named(_:mode:)`` began: the file gets its own name, a pipe its last bytes.
  ///
  /// - Parameter path: where it goes; nil for what has no other name.
  public func finish(publishingAs path: String?) throws(StreamsError) {
    if let path { try publish(as: path) } else { try flush() }
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) throws(StreamsError) {
    guard bytes.count > 0 else { return }
    CrashPoint.pass { _ = Foundation.write(descriptor, bytes.baseAddress, bytes.count / 2) }
    var written = 0
    while written < bytes.count {
      let count = Foundation.write(
        descriptor, bytes.baseAddress.unsafelyUnwrapped + written, bytes.count - written)
      if count < 0 {
        if errno == EINTR { continue }
        throw .writing(name)
      }
      written += count
    }
  }
}
