internal import ArgumentParser
internal import Corpus
internal import Curation
internal import Deduplication
internal import Foundation
internal import Ledger
internal import Screening
internal import Streams

struct CurateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "curate",
    abstract: "Make a safe corpus from raw shards, and account for every document.",
    discussion: """
      Reads JSON lines (.jsonl, .ndjson, .json) and plain text (.txt, one document a file), each \
      plain or in gzip, zstd or LZ4, whatever the name says. Writes kept records byte for byte \
      under the same names and with the same compression to DIR/corpus, what could not be judged \
      to DIR/quarantine, a decision for every document to DIR/decisions, and the ledger.

      The same command again resumes a run that was stopped or killed, to the same bytes. On a \
      cluster the stages run apart: --stage judge on every part, then --stage resolve once, then \
      --stage write on every part; the process that writes the last shard finishes the run.

      With --without a finished corpus is changed instead: the parts that hold one of the \
      documents are written anew, and the ledger gets a run and a snapshot of their own. An id \
      that names nothing in the corpus is said, with exit code 1; the others go all the same. \
      Killed anywhere, the same command finishes it. A text that was quarantined stays in \
      DIR/quarantine, and one that a duplicate shares with a document that stays is still there.

      EXAMPLE
        cordon curate Filters/plans/demo.yaml --input Corpora/demo --output safe
        cordon curate plan.yaml --input 'raw/2026-*.jsonl.zst' --output safe --threads 8 --json
        cordon curate --without ids.txt --output safe
      """)

  @Argument(
    help: ArgumentHelp("What to do: screens, duplicates, limits (YAML).", valueName: "plan"))
  var planPath: String?

  @Option(
    name: .long, parsing: .upToNextOption,
    help: ArgumentHelp("Files, folders or globs to read.", valueName: "path"))
  var input: [String] = []

  @Option(name: .long, help: ArgumentHelp("The folder to write to.", valueName: "dir"))
  var output: String

  @Option(
    name: .long, help: ArgumentHelp("The ledger (default: DIR/ledger.sqlite).", valueName: "file"))
  var ledger: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Memory that the run may use; finding duplicates takes half of it and goes to disk beyond.",
      valueName: "size"))
  var memory = "256MiB"

  @OptionGroup var threads: ThreadOptions

  @OptionGroup var takedown: TakedownOptions

  @Option(
    name: .long,
    help: ArgumentHelp("Only this stage: judge, resolve or write.", valueName: "stage"))
  var stage: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --stage: only every N-th shard, beginning with the I-th (from 1).", valueName: "i/n"))
  var part: String?

  @Flag(name: .long, help: "Check everything and say what would be done; write nothing.")
  var dryRun = false

  @Flag(name: .long, help: "Remove what an earlier run wrote to the output folder, and start anew.")
  var fresh = false

  @Flag(name: .long, help: "One JSON object on stdout.")
  var json = false

  @Flag(name: .long, help: "No progress and no notes.")
  var quiet = false

  func run() throws {
    if let ids = takedown.without { return try takeDown(ids) }
    guard let planPath else { throw ValidationError("name a plan, or --without and a list of ids") }
    guard !input.isEmpty else { throw ValidationError("--input is missing; name shards to read") }
    let started = Date()
    let options = try options()
    let chosenStage = try chosenStage()
    let plan = try CurationPlan(path: planPath)
    let list = try ShardList(inputs: input)
    try list.checkApart(from: output)
    if !quiet && !list.ignored.isEmpty { noteIgnored(list.ignored) }
    if dryRun { return try printDryRun(plan, list) }
    let curator = try Curator(
      plan: plan, shards: list.shards, options: options, code: try Machine.code(),
      machine: Machine.description())
    let progress = ProgressLine(curator.meter, quiet: quiet)
    defer { progress.end() }
    let result = try curator.run(chosenStage)
    progress.end()
    guard let summary = result else { return try printStage(chosenStage, curator) }
    let seconds = Date().timeIntervalSince(started)
    if json {
      var text = JSONText()
      summary.write(to: &text, seconds: seconds) { $0.member("ignored", list.ignored.count) }
      try Console.result(text.text)
    } else {
      let place = "--output \(output)" + (ledger.map { " --ledger \($0)" } ?? "")
      try Console.result(SummaryText(summary, place: place, seconds: seconds).text)
    }
    if !quiet && summary.repeatedIDs > 0 {
      Console.note(
        "\(summary.repeatedIDs) documents have an id that an earlier document has; none is lost, "
          + "and audit trace --id shows them all")
    }
    let findings = curator.findings(in: summary)
    if !findings.isEmpty { throw Findings(lines: findings) }
  }

  private func takeDown(_ ids: String) throws {
    guard planPath == nil, input.isEmpty, stage == nil, part == nil, !fresh, !dryRun else {
      throw ValidationError(
        "--without changes a finished corpus: it takes --output, --ledger, --threads, --json and "
          + "--quiet, and no plan")
    }
    let options = try options()
    try takedown.run(
      ids: ids, output: options.output, ledger: options.ledger, threads: options.threads,
      json: json, quiet: quiet)
  }

  /// What a stage did that leaves the run unfinished.
  private func printStage(_ stage: CurationStage?, _ curator: Curator) throws {
    guard let stage else { return }
    if json {
      var text = JSONText()
      text.object { text in
        text.member("run", curator.run)
        text.member("stage", stage.rawValue)
        text.member("shards", curator.shards.count)
        text.member("state", "START")
      }
      return try Console.result(text.text)
    }
    try Console.result(
      "run \(curator.run): stage \(stage.rawValue) is done"
        + (part.map { " for part \($0)" } ?? "") + "; the run is complete when the write stage "
        + "has ended for every shard")
  }

  private func options() throws -> CurationOptions {
    guard !output.isEmpty else { throw ValidationError("--output is empty; name a folder") }
    guard let memory = Size.bytes(memory), (16 << 20...256 << 30).contains(memory) else {
      throw ValidationError("--memory takes a size from 16MiB to 256GiB, such as 2GiB")
    }
    return CurationOptions(
      output: output, ledger: ledger, memory: memory, threads: threads.count, fresh: fresh,
      part: try chosenPart())
  }

  private func chosenStage() throws -> CurationStage? {
    guard let stage else {
      if part != nil { throw ValidationError("--part goes with --stage") }
      return nil
    }
    guard let chosen = CurationStage(rawValue: stage) else {
      throw ValidationError("--stage takes judge, resolve or write")
    }
    if fresh && chosen != .judge { throw ValidationError("--fresh goes with --stage judge only") }
    return chosen
  }

  private func chosenPart() throws -> CurationOptions.Part? {
    guard let part else { return nil }
    let numbers = part.split(separator: "/").compactMap { Int($0) }
    guard numbers.count == 2, numbers[1] > 0, (1...numbers[1]).contains(numbers[0]) else {
      throw ValidationError("--part takes I/N with I from 1 to N, such as 2/8")
    }
    return CurationOptions.Part(index: numbers[0] - 1, count: numbers[1])
  }

  private func noteIgnored(_ names: [String]) {
    let shown = names.prefix(5).joined(separator: ", ")
    let more = names.count > 5 ? " and \(names.count - 5) more" : ""
    Console.note("not read, because the names show no known format: \(shown)\(more)")
  }

  private func printDryRun(_ plan: CurationPlan, _ list: ShardList) throws {
    var byKind: [String: (files: Int, bytes: Int64)] = [:]
    for shard in list.shards {
      let kind =
        "\(shard.format.rawValue), \(try FileSource(path: shard.path).compression().rawValue)"
      byKind[kind, default: (0, 0)].files += 1
      byKind[kind, default: (0, 0)].bytes += shard.size
    }
    let total = list.shards.reduce(0) { $0 + $1.size }
    if json {
      var text = JSONText()
      text.object { text in
        text.member("plan", plan.name)
        text.member("shards", list.shards.count)
        text.member("bytes", total)
        text.member("rules", plan.screens.rules.count)
        text.member("ignored", list.ignored.count)
      }
      try Console.result(text.text)
      return
    }
    try Console.result(
      "plan \(plan.name)@\(plan.version): \(plan.screens.rules.count) rules, packs compile")
    if let near = plan.duplicates.near {
      try Console.result(
        "near duplicates: Jaccard similarity of at least \(near.jaccard) over shingles of "
          + "\(near.shingle) words; \(near.bands) bands of \(near.rows) rows, which miss a pair "
          + "at the threshold "
          + String(format: "once in %.0f", 1 / near.missProbability(at: near.jaccard)))
      try Console.result("near copies of hazards: \(plan.contagion.rawValue)")
    }
    for path in plan.duplicates.against { try Console.result("compared with: \(path)") }
    for pack in plan.screens.ruleSets { try Console.result("  pack \(pack.name)@\(pack.version)") }
    try Console.result("\(list.shards.count) shards, \(Size.text(total))")
    for (kind, sum) in byKind.sorted(by: { $0.key < $1.key }) {
      try Console.result("  \(sum.files) files, \(Size.text(sum.bytes)): \(kind)")
    }
    try Console.result("nothing was written to \(output)")
  }
}
