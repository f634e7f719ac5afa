internal import ArgumentParser
internal import Foundation

/// How many threads work: the same for all commands.
struct ThreadOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("Workers (default: all cores).", valueName: "n"))
  var threads: Int?

  func validate() throws { try ThreadOptions.check(threads) }

  /// The number of threads.
  var count: Int { ThreadOptions.count(threads) }

  /// Refuses what is no number of threads.
  static func check(_ threads: Int?) throws {
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("--threads takes a number from 1 to 1024")
    }
  }

  /// The threads that were asked for; all cores where none were.
  static func count(_ threads: Int?) -> Int {
    threads ?? ProcessInfo.processInfo.activeProcessorCount
  }
}
