import ArgumentParser
import Foundation
import Streams

/// The project's own measurements, and the corpora that they and the tests read.
@main struct CordonBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cordon-bench",
    abstract: "Makes Cordon's test corpora and measures commands.",
    discussion: """
      Examples:
        cordon-bench corpus --kind demo --output demo --truth demo.truth.tsv
        cordon-bench measure --bytes 307000000 -- zstd -dcq corpus.jsonl.zst
      """,
    subcommands: [
      CorpusCommand.self, MeasureCommand.self, SignCommand.self, DecodeCommand.self,
      EncodeCommand.self, TrainCommand.self, UnlearnCommand.self, FuzzCommand.self,
      ArmsCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let error as any CordonError {
      FileHandle.standardError.write(Data("cordon-bench: \(error)\n".utf8))
      Foundation.exit(error.consequence.rawValue)
    } catch  where exitCode(for: error) == .validationFailure {
      FileHandle.standardError.write(Data("\(fullMessage(for: error))\n".utf8))
      Foundation.exit(Consequence.usage.rawValue)  // ArgumentParser's own is 64
    } catch {
      exit(withError: error)
    }
  }
}

/// What stops a command of the bench: what happened, and what to do about it.
struct BenchError: CordonError {
  let consequence: Consequence
  let description: String

  init(_ consequence: Consequence, _ description: String) {
    self.consequence = consequence
    self.description = description
  }
}
