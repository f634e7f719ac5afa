internal import Foundation
public import Streams

/// Why near duplicates cannot be found.
public struct DeduplicationError: CordonError, Equatable {
  /// What went wrong.
  public enum Code: Sendable, Equatable {
    /// A signature file is not what the run wrote.
    case damagedSignatures
    /// The clusters do not fit in the memory that was granted.
    case memory
  }

  /// What went wrong.
  public let code: Code
  /// The file or the step concerned.
  public let place: String
  /// What is wrong and what to do next.
  public let advice: String
  /// The bytes that the step needs, where its memory does not do.
  private var needed = 0
  private var nodes = 0

  private init(code: Code, place: String, advice: String) {
    self.code = code
    self.place = place
    self.advice = advice
  }

  /// The signatures at `path` cannot be trusted.
  static func damaged(_ path: String) -> DeduplicationError {
    DeduplicationError(
      code: .damagedSignatures, place: path, advice: "is damaged; start anew with --fresh")
  }

  /// What `errno` says about opening the signatures at `path`: they were there when the shard was
  /// done.
  static func unreadable(_ path: String) -> any CordonError {
    switch errno {
    case EMFILE, ENFILE, ENOMEM:
      StreamsError(.exhausted, path: path, detail: String(cString: strerror(errno)))
    case ENOENT, ENOTDIR: damaged(path)
    default: StreamsError(.unreadable, path: path, detail: String(cString: strerror(errno)))
    }
  }

  /// `nodes` documents have a near duplicate, and their clusters take more than there is.
  ///
  /// - Parameter needed: bytes, in the terms of whoever can grant them.
  static func memory(nodes: Int, needed: Int) -> DeduplicationError {
    // Whole mebibytes, so that the advice can be typed.
    let mebibytes = (needed + (1 << 20) - 1) >> 20
    var error = DeduplicationError(
      code: .memory, place: "near duplicates",
      advice: "the clusters of \(nodes) documents do not fit in the memory that was granted; "
        + "run again with --memory \(mebibytes)MiB or more")
    error.needed = needed
    error.nodes = nodes
    return error
  }

  /// The same error for someone who grants `factor` bytes for each that the step may take.
  public func scaled(by factor: Int) -> DeduplicationError {
    guard code == .memory else { return self }
    return .memory(nodes: nodes, needed: needed * factor)
  }

  /// What follows from it.
  public var consequence: Consequence {
    switch code {
    case .damagedSignatures: .usage
    case .memory: .resource
    }
  }

  /// The place and the advice.
  public var description: String { "\(place): \(advice)" }
}
