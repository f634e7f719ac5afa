internal import ArgumentParser
internal import Corpus
internal import Curation
internal import Foundation
internal import Streams

struct ScreenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "screen",
    abstract: "Screen JSON lines from stdin to stdout, for pipes.",
    discussion: """
      Records that pass every screen go on unchanged. What a screen drops is gone, what it sets \
      apart or what cannot be judged goes to --rejects and never to stdout. Duplicates are not \
      looked for, and nothing is written to a ledger: use curate for both. Input that is \
      compressed is decoded before the pipe, as below. The counts go to stderr, since stdout \
      holds the records.

      EXAMPLE
        zstd -dc raw.jsonl.zst | cordon screen plan.yaml --rejects rejects.jsonl > safe.jsonl
      """)

  @Argument(help: ArgumentHelp("What to do: fields, screens, limits (YAML).", valueName: "plan"))
  var planPath: String

  @Option(
    name: .long,
    help: ArgumentHelp("Takes what could not be judged or was set apart.", valueName: "file"))
  var rejects: String?

  @Flag(name: .long, help: "The counts as one JSON object on stderr.")
  var json = false

  @Flag(name: .long, help: "No counts on stderr.")
  var quiet = false

  func run() throws {
    let plan = try CurationPlan(path: planPath)
    let screen = StreamScreen(plan: plan)
    let reader = try BatchReader(standardInput: BlockPool(limit: 4))
    guard reader.compression == .none else {
      throw StreamsError(
        .unsupported, path: "standard input",
        detail: "is compressed (\(reader.compression.rawValue)): decode it before the pipe, since "
          + "a damaged frame shows only behind the records that it holds")
    }
    let rejected = try rejects.map { try OutputFile.named($0, mode: 0o600) }
    let standardOutput = try OutputFile.standardOutput()
    let counts = try screen.run(
      input: reader, output: { try standardOutput.write($0) },
      rejects: rejected.map { target in { try target.file.write($0) } })
    try standardOutput.flush()
    if let rejected { try rejected.file.finish(publishingAs: rejected.publishedAs) }
    report(counts)
    if let finding = screen.finding(in: counts) { throw Findings(lines: [finding]) }
  }

  private func report(_ counts: StreamScreen.Counts) {
    if json {
      var text = JSONText()
      text.object { text in
        text.member("read", counts.read)
        text.member("kept", counts.kept)
        text.member("tagged", counts.tagged)
        text.member("dropped", counts.dropped)
        text.member("quarantined", counts.quarantined)
        text.object("reasons") { reasons in
          for (reason, documents) in counts.reasons { reasons.member(reason, documents) }
        }
      }
      Console.plain(text.text)
    } else if !quiet {
      Console.plain(
        "read \(counts.read), kept \(counts.kept), dropped \(counts.dropped), quarantined "
          + "\(counts.quarantined)"
          + (rejects == nil && counts.quarantined > 0
            ? " (counted only: give --rejects FILE to have them)" : ""))
    }
  }
}
