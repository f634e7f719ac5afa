public import Streams

/// Processes that share the slices of every step, each with a copy of the model.
///
/// All hold the same weights before and after a step: each computes the gradients of its slices,
/// the sum is taken in the order of the slices from process to process, and every one makes the
/// same update from it.
public protocol ProcessGroup: AnyObject {
  /// The number of this process, from 0.
  var rank: Int { get }
  /// How many processes there are.
  var count: Int { get }
  /// Sends bytes to a process, which receives as many.
  func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) throws(ProcessGroupError)
  /// Fills a buffer with what a process sends.
  func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) throws(ProcessGroupError)
  /// Gives all processes the bytes that `root` has.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(ProcessGroupError)
}

/// Processes that cannot work together.
public enum ProcessGroupError: CordonError, Equatable {
  /// The library reports an error.
  case failed(operation: String, code: Int)
  /// There are more processes than slices.
  case tooMany(processes: Int, slices: Int)
  /// Two processes would compute other bits.
  case differs(rank: Int, what: String)
  /// This build cannot work with others.
  case notBuilt(processes: Int)

  /// What follows from it.
  public var consequence: Consequence {
    switch self {
    case .failed: .resource
    case .tooMany, .differs, .notBuilt: .usage
    }
  }

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .failed(let operation, let code):
      "MPI: \(operation) failed with code \(code); a process or the connection is gone. Start the "
        + "same command again: it goes on from the last checkpoint"
    case .tooMany(let processes, let slices):
      "\(processes) processes share \(slices) slices: set `slices` to at least \(processes)"
    case .differs(let rank, let what):
      "process \(rank) has another \(what) than process 0, and their bits would differ; run the "
        + "same build on machines of one kind"
    case .notBuilt(let processes):
      "started as one of \(processes) processes, but this build has no MPI; build it with "
        + "`swift build --traits MPI`, or start one process with --threads"
    }
  }
}

extension ProcessGroup {
  /// The slices of `count` that a process computes: consecutive ones, as even as it goes.
  func share(of slices: Int) -> Range<Int> {
    (rank * slices / count)..<((rank + 1) * slices / count)
  }

  /// Sees to it that all processes have the same bytes.
  ///
  /// - Throws: ``ProcessGroupError/differs(rank:what:)`` in the process that has others.
  public func agree(on bytes: [UInt8], what: String) throws(ProcessGroupError) {
    let own = Digest256(hashing: bytes)
    let room = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Digest256.byteCount, alignment: 8)
    defer { room.deallocate() }
    own.copy(to: room)
    try broadcast(room, from: 0)
    guard Digest256(bytes: UnsafeRawBufferPointer(room)) == own else {
      throw .differs(rank: rank, what: what)
    }
  }
}
