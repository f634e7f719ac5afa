import ArgumentParser
import Deduplication
import Foundation
import Streams

/// `cordon-bench sign`: the steps of a signature, each beside the reading of memory.
struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Measure the steps of signing and comparing documents, in one thread.",
    discussion: """
      Texts are held in memory; each step is done --rounds times over all of them, and the fastest
      counts. Rates are over the bytes of the texts.

      Example:
        cordon-bench sign corpus/part-00000.jsonl
      """)

  @Argument(help: "JSON lines with a string 'text'.") var file: String
  @Option(help: "How often each step is done.") var rounds = 5
  @Option(help: "Words per shingle.") var shingle = 5
  @Option(help: "The threshold that bands and rows follow from.") var jaccard = 0.7

  func validate() throws {
    guard rounds > 0 else { throw ValidationError("--rounds must be above 0.") }
    guard NearDuplicateSettings.shingleRange.contains(shingle) else {
      throw ValidationError("--shingle must be 1 to 64.")
    }
    guard NearDuplicateSettings.jaccardRange.contains(jaccard) else {
      throw ValidationError("--jaccard must be 0.3 to 1.")
    }
  }

  func run() throws {
    let texts = try TextBlock(jsonLines: file)
    let settings = NearDuplicateSettings(shingle: shingle, jaccard: jaccard)
    let bench = SignBench(texts: texts, settings: settings)
    let steps: [(String, () -> UInt64)] = [
      ("read memory", bench.readMemory), ("words", bench.readWords),
      ("shingles", bench.hashShingles), ("minima", bench.minimise), ("sign, all", bench.sign),
      ("compare, equal", bench.compareEqual), ("compare, other", bench.compareOther),
    ]
    print(
      "\(texts.count) texts, \(texts.byteCount) bytes, \(bench.wordCount) words, "
        + "\(settings.bands) bands of \(settings.rows)")
    var check: UInt64 = 0
    for (name, step) in steps {
      var best = Double.infinity
      for _ in 0..<rounds {
        let start = cpuSeconds(.thread)
        check &+= step()
        best = min(best, cpuSeconds(.thread) - start)
      }
      let perGB = best / Double(texts.byteCount) * 1e9
      print(
        name.padding(toLength: 16, withPad: " ", startingAt: 0)
          + String(format: "%7.3f CPU s/GB %9.0f MB/s", perGB, 1e3 / perGB))
    }
    // Printed so that no step can be left out by the compiler.
    print("check           \(String(check, radix: 16))")
  }
}
