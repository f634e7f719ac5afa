internal import Foundation
internal import Streams
internal import Synchronization

/// Ends a command when it was asked to stop and does not by itself: one step of a large model may
/// take longer than a person waits.
///
/// It ends as if it were killed. Whoever writes files that a kill would leave incomplete calls
/// ``disarm()`` before; a run that resumes from any kill need not.
final class StopWatch: Sendable {
  private let isArmed = Mutex(true)

  /// Begins to watch.
  ///
  /// - Parameters:
  ///   - resumes: whether the same command goes on where it was stopped.
  ///   - leave: puts the terminal in order; it is called on another thread.
  init(resumes: Bool = false, _ leave: @escaping @Sendable () -> Void) {
    let thread = Thread { [self] in
      var pauses = 0
      while isArmed.withLock({ $0 }) {
        Thread.sleep(forTimeInterval: 0.05)
        pauses += Interruption.isRequested ? 1 : 0
        guard pauses > 8 else { continue }
        isArmed.withLock { isArmed in
          guard isArmed else { return }
          leave()
          let error = InterruptedError(resumes: resumes)
          Console.error(error.description)
          // At once: other threads compute.
          _exit(error.consequence.rawValue)
        }
      }
    }
    thread.start()
  }

  /// Ends the watch: from here on the command stops by itself.
  func disarm() { isArmed.withLock { $0 = false } }
}
