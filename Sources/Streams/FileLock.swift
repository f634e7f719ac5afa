internal import Foundation

/// An advisory lock on a file, held until it is released or the process ends, however it ends.
public final class FileLock {
  private let descriptor: Int32

  /// Takes the lock.
  ///
  /// - Parameters:
  ///   - path: the file, made when it is missing.
  ///   - shared: several may hold it at once.
  ///   - waiting: wait for it instead of failing.
  /// - Throws: ``StreamsError`` (locked) when another process has it.
  public init(path: String, shared: Bool = false, waiting: Bool = false) throws(StreamsError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .writing(path) }
    let operation = (shared ? LOCK_SH : LOCK_EX) | (waiting ? 0 : LOCK_NB)
    while flock(descriptor, operation) != 0 {
      if errno == EINTR { continue }
      let code = errno
      Foundation.close(descriptor)
      if code == EWOULDBLOCK { throw StreamsError(.locked, path: path, detail: "") }
      throw .writing(path, errno: code)
    }
  }

  /// Lets others share the lock from now on.
  public func share() {
    while flock(descriptor, LOCK_SH) != 0 && errno == EINTR {}
  }

  deinit {
    close(descriptor)
  }
}
