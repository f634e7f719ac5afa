internal import ArgumentParser
internal import Foundation
internal import Training

/// What every command takes that goes on where it stopped: where it writes, and how it speaks.
struct RunOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Takes what the run writes.", valueName: "dir"))
  var output: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The ledger (default: one in the output folder; to train, that of the corpus).",
      valueName: "file")
  )
  var ledger: String?

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "Remove what an earlier run wrote to the output folder, and start anew.")
  var fresh = false

  @Flag(name: .long, help: "One JSON object on stdout.")
  var json = false

  @Flag(name: .long, help: "No progress.")
  var quiet = false

  func validate() throws {
    guard !output.isEmpty else { throw ValidationError("--output is empty; name a folder") }
  }

  /// What a run is told of them.
  ///
  /// - Throws: where this program cannot be read to be named.
  func conditions() throws -> RunConditions {
    RunConditions(
      output: output, ledger: ledger, threads: threads.count, fresh: fresh,
      code: try Machine.codeOfModels(), machine: Machine.description())
  }

  /// A watch that stops such a run within a second, and takes what is drawn off the terminal.
  func watch() -> StopWatch {
    StopWatch(resumes: true) { if Console.isTerminal { Console.draw("") } }
  }
}
