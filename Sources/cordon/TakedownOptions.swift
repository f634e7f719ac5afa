internal import ArgumentParser
internal import Curation
internal import Foundation
internal import Ledger
internal import Streams

/// `cordon curate --without IDS --output DIR`: what goes out of a finished corpus.
struct TakedownOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Take these documents out of the finished corpus in DIR: one id a line, a document's own or "
        + "SHARD:ROW. Without PLAN and --input.", valueName: "ids"))
  var without: String?

  /// Takes down, and says what was done.
  ///
  /// - Throws: `Findings` where an id names nothing in the corpus.
  func run(
    ids: String, output: String, ledger: String?, threads: Int, json: Bool, quiet: Bool
  ) throws {
    let takedown = Takedown(
      output: output, ledger: ledger, ids: ids, code: try Machine.code(),
      machine: Machine.description(), threads: threads)
    let progress = ProgressLine(takedown.meter, quiet: quiet)
    defer { progress.end() }
    let summary = try takedown.run()
    progress.end()
    try Console.result(json ? summary.json : summary.text)
    if !summary.findings.isEmpty { throw Findings(lines: summary.findings) }
  }
}
