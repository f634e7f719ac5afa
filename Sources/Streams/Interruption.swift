internal import Foundation
internal import Synchronization

/// Whether the process was asked to stop (Ctrl-C, SIGTERM).
///
/// Long work asks before every batch, so that a run ends within a second and resumes.
public enum Interruption {
  private static let requested = Atomic<Bool>(false)

  /// Whether a signal has come.
  public static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Asks for a stop, as a signal does.
  public static func request() { requested.store(true, ordering: .relaxed) }

  /// Catches SIGINT and SIGTERM; a second one ends the process at once. SIGXFSZ and SIGPIPE become
  /// errors of the write that met them.
  public static func catchSignals() {
    let onSignal: @convention(c) (Int32) -> Void = { number in
      if Interruption.requested.load(ordering: .relaxed) {
        signal(number, SIG_DFL)
        raise(number)
      }
      Interruption.requested.store(true, ordering: .relaxed)
    }
    // A parent may have blocked them, and the mask is inherited.
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    // Without SA_RESTART: a read that waits for a pipe ends, so that the flag is seen.
    var action = sigaction()
    action.__sigaction_handler.sa_handler = onSignal
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    signal(SIGXFSZ, SIG_IGN)
    signal(SIGPIPE, SIG_IGN)
  }
}

/// The run was asked to stop and did, between two batches.
public struct InterruptedError: CordonError, Equatable {
  /// Whether the same command goes on where it stopped.
  public let resumes: Bool

  /// An interruption, of work that resumes unless said otherwise.
  public init(resumes: Bool = true) {
    self.resumes = resumes
  }

  /// The same command resumes.
  public var consequence: Consequence { .interrupted }
  /// What to do next.
  public var description: String {
    resumes ? "stopped; the same command resumes" : "stopped before the end"
  }
}
