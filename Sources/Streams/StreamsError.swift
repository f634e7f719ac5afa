internal import Foundation

/// A file or stream that could not be read or written.
public struct StreamsError: CordonError, Equatable {
  /// What went wrong.
  public enum Code: Sendable, Equatable {
    /// The file is not there.
    case missing
    /// The file is there and cannot be read.
    case unreadable
    /// The file is of a kind that is not read.
    case unsupported
    /// The place cannot be written: permissions, a read-only file system, a file in the way.
    case unwritable
    /// No space, a quota, or a limit on the size of files.
    case full
    /// Out of memory or of file descriptors.
    case exhausted
    /// Whoever read our output has closed it.
    case closed
    /// Another process holds the lock.
    case locked
    /// A library that encodes or decodes gave an answer that it must not give.
    case library
  }

  /// What went wrong.
  public let code: Code
  /// The file that it went wrong with.
  public let path: String
  /// The system's or the library's words, without any content of the file.
  public let detail: String

  /// An error with its file.
  public init(_ code: Code, path: String, detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }

  /// What `errno` says about reading `path`.
  static func reading(_ path: String, errno code: Int32 = errno) -> StreamsError {
    let kind: Code =
      switch code {
      case ENOENT, ENOTDIR: .missing
      case EMFILE, ENFILE, ENOMEM: .exhausted
      default: .unreadable
      }
    return StreamsError(kind, path: path, detail: String(cString: strerror(code)))
  }

  /// What `errno` says about writing `path`.
  static func writing(_ path: String, errno code: Int32 = errno) -> StreamsError {
    let kind: Code =
      switch code {
      case ENOSPC, EDQUOT, EFBIG: .full
      case EPIPE: .closed
      case EMFILE, ENFILE, ENOMEM: .exhausted
      default: .unwritable
      }
    return StreamsError(kind, path: path, detail: String(cString: strerror(code)))
  }

  /// What follows from it.
  public var consequence: Consequence {
    switch code {
    case .missing, .unreadable, .unsupported: .input
    case .unwritable, .closed: .usage
    case .full, .exhausted, .locked: .resource
    case .library: .defect
    }
  }

  /// One sentence: the file, the cause, and what to do.
  public var description: String {
    switch code {
    case .missing: "\(path): no such file; check the path"
    case .unreadable: "\(path): cannot be read (\(detail)); check its permissions and the disk"
    case .unsupported: "\(path): \(detail)"
    case .unwritable:
      "\(path): cannot be written (\(detail)); choose another output or mend this one"
    case .full: "\(path): no room (\(detail)); free some and run the same command again"
    case .exhausted: "\(path): out of a resource (\(detail)); raise the limit and run again"
    case .closed: "\(path): closed by its reader"
    case .locked: "\(path): held by another run; wait for it to end, or stop it"
    case .library: "\(path): \(detail); please report this as a defect"
    }
  }
}
