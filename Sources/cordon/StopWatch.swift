internal import Foundation
internal import Streams
internal import Synchronization

/// Ends a command that leaves nothing behind when it was asked to stop and does not by itself: one
/// product of large matrices may take longer than a person waits.
///
/// Whoever writes files calls ``disarm()`` before.
final class StopWatch: Sendable {
  private let isArmed = Mutex(true)

  /// Begins to watch.
  ///
  /// - Parameter leave: puts the terminal in order; it is called on another thread.
  init(_ leave: @escaping @Sendable () -> Void) {
    let thread = Thread { [self] in
      var pauses = 0
      while isArmed.withLock({ $0 }) {
        Thread.sleep(forTimeInterval: 0.05)
        pauses += Interruption.isRequested ? 1 : 0
        guard pauses > 8 else { continue }
        isArmed.withLock { isArmed in
          guard isArmed else { return }
          leave()
          let error = InterruptedError(resumes: false)
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
