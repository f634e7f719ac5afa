internal import Glibc

/// A file that is read once from its beginning, by pieces of a fixed size.
struct FileReader: ~Copyable {
  /// The file.
  let path: String
  /// Its length in bytes when it was opened.
  let byteCount: Int64
  private let descriptor: Int32
  private let buffer: UnsafeMutableRawBufferPointer

  /// Opens the file at `path`.
  ///
  /// - Parameter capacity: the bytes of a piece.
  /// - Throws: ``AuditError`` where the file is not there or cannot be read.
  init(path: String, capacity: Int = 1 << 20) throws(AuditError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileReader.failure(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let failure = FileReader.failure(path)
      close(descriptor)
      throw failure
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int64(status.st_size)
    buffer = .allocate(byteCount: capacity, alignment: 64)
  }

  deinit {
    buffer.deallocate()
    close(descriptor)
  }

  /// The next piece: full, but for the last; empty at the end. It is overwritten by the next call.
  ///
  /// - Throws: ``AuditError`` where the file cannot be read.
  mutating func next() throws(AuditError) -> UnsafeRawBufferPointer {
    var filled = 0
    while filled < buffer.count {
      let count = read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw FileReader.failure(path) }
      if count == 0 { break }
      filled += count
    }
    return UnsafeRawBufferPointer(rebasing: buffer[..<filled])
  }

  private static func failure(_ path: String) -> AuditError {
    let number = errno
    if number == ENOENT || number == ENOTDIR {
      return AuditError(
        .missing,
        "\(path): this file of the run is missing. Restore it, or curate again with --fresh")
    }
    return AuditError(
      .unreadable, "\(path): cannot be read (\(String(cString: strerror(number))))")
  }
}
