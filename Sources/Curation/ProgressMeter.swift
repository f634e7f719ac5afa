internal import Foundation
internal import Synchronization

/// How far a run is: bytes done of bytes to do, over all of its stages.
public final class ProgressMeter: Sendable {
  private let done = Atomic<Int64>(0)
  private let total = Atomic<Int64>(0)
  private let phase = Mutex((name: "", started: Date()))

  /// A meter at zero.
  public init() {}

  /// The bytes that are done and those to do.
  public var reading: (done: Int64, total: Int64) {
    (done.load(ordering: .relaxed), total.load(ordering: .relaxed))
  }

  /// What is being done.
  public var currentPhase: String { phase.withLock { $0.name } }

  /// Seconds since it began to be done.
  public var secondsInPhase: Double { phase.withLock { Date().timeIntervalSince($0.started) } }

  func begin(_ name: String, bytes: Int64) {
    phase.withLock { $0 = (name, Date()) }
    done.store(0, ordering: .relaxed)
    total.store(bytes, ordering: .relaxed)
  }

  func advance(by bytes: Int64) {
    done.wrappingAdd(bytes, ordering: .relaxed)
  }
}
