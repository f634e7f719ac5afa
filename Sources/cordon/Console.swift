internal import Foundation
internal import Streams

/// Messages to a person, on stderr, and results, on stdout.
enum Console {
  /// A result, on stdout; one that cannot be written is an error.
  static func result(_ text: String, terminator: String = "\n") throws {
    let output = try OutputFile.standardOutput()
    try output.write(Array((text + terminator).utf8))
    try output.flush()
  }

  /// A line as it is.
  static func plain(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// An error: the last line that is printed.
  static func error(_ text: String) {
    plain("cordon: error: \(text)")
  }

  /// Something that the exit code 1 stands for.
  static func finding(_ text: String) {
    plain("cordon: finding: \(text)")
  }

  /// Something to know that changes nothing.
  static func note(_ text: String) {
    plain("cordon: note: \(text)")
  }

  /// Draws a line over the last one that was drawn; for a terminal.
  static func draw(_ line: String) {
    FileHandle.standardError.write(Data("\r\(line)\u{1B}[K".utf8))
  }

  /// Whether stderr is a terminal.
  static var isTerminal: Bool { isatty(STDERR_FILENO) != 0 }
}
