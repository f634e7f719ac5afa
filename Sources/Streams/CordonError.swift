/// What follows from an error: the exit code that the command line ends with.
///
/// Every error type of the house answers this one question, so that scripts can trust the code.
public enum Consequence: Int32, Sendable {
  /// Done, with findings: a damaged stream, a failed verification, a boundary not met.
  case findings = 1
  /// The command, a settings file or the state of the output is wrong.
  case usage = 2
  /// Input is missing or cannot be read at all.
  case input = 3
  /// Out of a resource: disk, memory budget, a lock held by another run.
  case resource = 4
  /// A defect of ours.
  case defect = 70
  /// Stopped by a signal; the same command resumes.
  case interrupted = 130
}

/// An error that a person reads: it names what is concerned and what to do next.
///
/// A description never holds document text: files, rows, offsets and hashes only.
public protocol CordonError: Error, Sendable, CustomStringConvertible {
  /// What follows from it.
  var consequence: Consequence { get }
}
