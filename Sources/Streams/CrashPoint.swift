internal import Foundation
internal import Synchronization

/// Where a test may end the process as SIGKILL or a power cut would: before, within and after every
/// file operation that a run's durability rests on.
///
/// With `CORDON_CRASH_AT=N` in the environment the N-th point that is passed kills the process;
/// with `CORDON_INTERRUPT_AT=N` it sends SIGINT, as Ctrl-C does. Without either a point costs one
/// load. Counted points reach every gap between two operations, which kills at random times do not.
public enum CrashPoint {
  private static let plan: (limit: Int, signal: Int32) = {
    let environment = ProcessInfo.processInfo.environment
    if let limit = environment["CORDON_CRASH_AT"].flatMap({ Int($0) }) { return (limit, SIGKILL) }
    return (environment["CORDON_INTERRUPT_AT"].flatMap { Int($0) } ?? 0, SIGINT)
  }()
  private static let passed = Atomic<Int>(0)

  /// Passes a point; `lastWords` is done before the process is killed there.
  public static func pass(_ lastWords: () -> Void = {}) {
    guard plan.limit > 0 else { return }
    guard passed.wrappingAdd(1, ordering: .relaxed).newValue == plan.limit else { return }
    if plan.signal == SIGKILL { lastWords() }
    kill(getpid(), plan.signal)
  }
}
