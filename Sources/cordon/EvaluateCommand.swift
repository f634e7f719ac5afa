internal import ArgumentParser
internal import Evaluation
internal import Evidence
internal import Foundation
internal import Language
internal import Ledger
internal import Streams
internal import Tensors

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Hold a model against a suite of tasks.",
    discussion: """
      A suite is a YAML file with tasks. `loss` gives the perplexity of a text or corpus in \
      windows that overlap; `multiple-choice` scores questions as lm-eval does, with and without \
      examples before them; `cloze` asks for answers that are filled in. What shall be forgotten: \
      `tofu-answers` and `tofu` measure what is left of answers, and what the model can still do; \
      `memorisation` and `muse` what it says word for word and knows; `membership` whether texts \
      can be told from texts never seen. Filters/README.md tells of the keys.

      With --chat they are written with that chat template, as lm-eval's --apply_chat_template has \
      it: a description is the system's turn, examples are turns, and nothing stands before a \
      choice.

      With --output every item's result is written too, with --harness the numbers in the form of \
      lm-eval, with --open-unlearning those of a `tofu` task as TOFU_EVAL.json and \
      TOFU_SUMMARY.json. With --ledger the ledger gets the numbers, and by their hashes the \
      model's files, the suite and what it read. Whether they can be written is seen before the \
      work; where one fails nevertheless, the others and the results are there. Ctrl-C ends it \
      within a second, with exit code 130, and nothing is written: the same command begins anew. \
      The bits of the results do not depend on the number of threads.

      EXAMPLE
        cordon evaluate models/pythia --suite Filters/suites/example.yaml
        cordon evaluate models/pythia --suite mmlu.yaml --output mmlu.json --ledger ledger.sqlite
      """)

  @OptionGroup var options: ModelOptions

  @Option(name: .long, help: ArgumentHelp("What to evaluate (YAML).", valueName: "file"))
  var suite: String

  @Option(
    name: .long,
    help: ArgumentHelp("Takes the results with every item's, as JSON.", valueName: "file"))
  var output: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Takes the results in the form of lm-eval.", valueName: "file"))
  var harness: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Takes the results of a `tofu` task in the form of open-unlearning.", valueName: "dir"))
  var openUnlearning: String?

  @Option(
    name: .long, help: ArgumentHelp("The ledger that records the evaluation.", valueName: "file"))
  var ledger: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Writes multiple-choice questions as turns of a chat: "
        + ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "template"))
  var chat: String?

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "One JSON object on stdout.")
  var json = false

  @Flag(name: .long, help: "No progress.")
  var quiet = false

  func run() throws {
    let watch = StopWatch { if Console.isTerminal { Console.draw("") } }
    defer { watch.disarm() }
    let template = try chat.map { try ChatTemplate(named: $0) }
    let suite = try Suite(path: suite)
    if openUnlearning != nil { try OpenUnlearningLog.check(suite) }
    let targets = try targets(suite)
    let tokenizer = try options.requiredTokenizer(otherwise: "give --tokenizer FILE")
    try template?.check(tokenizer)
    // Before anything is computed: what is recorded is what was read, or the command ends.
    let record = try ledger.map { _ in try EvaluationRecord(options, suite, template) }
    let model = try options.model()
    let subject = EvaluationSubject(
      model, tokenizer: tokenizer, chat: template, on: threads.workers())
    let progress = EvaluationLine(quiet: quiet)
    defer { progress.end() }
    let evaluation = try Evaluation(of: subject, on: suite, progress: progress.show)
    progress.end()
    watch.disarm()
    let row = try record?.row(evaluation)
    func results(items: Bool) -> JSONText {
      evaluation.json(of: options.folder, items: items, recordedAs: row?.digest)
    }
    // What was computed is not lost because one place cannot take it.
    var failures = Failures()
    failures.attempt {
      try Console.result(json ? results(items: false).text : table(evaluation, row?.digest))
    }
    let log = OpenUnlearningLog(evaluation)
    for (path, folder, text) in [
      (output, nil, results(items: true)),
      (harness, nil, evaluation.harnessJSON(of: options.folder)),
      (published(OpenUnlearningLog.names.evaluation), openUnlearning, log?.evaluation),
      (published(OpenUnlearningLog.names.summary), openUnlearning, log?.summary),
    ] as [(String?, String?, JSONText?)] {
      guard let path, let text else { continue }
      failures.attempt {
        if let folder { try Folder.make(folder) }
        try targets.write(text.bytes + [UInt8(ascii: "\n")], to: path)
      }
    }
    if let ledger, let record, let row {
      failures.attempt { try record.enter(row, ledger: ledger) }
    }
    try failures.end()
  }

  /// Where a file of open-unlearning's goes; nil where none is asked for.
  private func published(_ name: String) -> String? { openUnlearning.map { "\($0)/\(name)" } }

  /// The folders that are not there of a path, the deepest first.
  private static func missing(_ path: String) -> [String] {
    var folders: [String] = []
    var place = path
    while !Folder.exists(place), folders.last != place {
      folders.append(place)
      place = Folder.parent(of: place)
    }
    return folders
  }

  /// Where the results go; none of it is what is read.
  private func targets(_ suite: Suite) throws -> OutputTargets {
    let folder = options.folder
    try ModelOptions.check(folder: folder)
    // A folder that is not there is made only to see that it can be, as the files in it are: a run
    // that fails leaves nothing behind. What holds something by then stays.
    let new = openUnlearning.map { EvaluateCommand.missing($0) } ?? []
    defer { for folder in new { rmdir(folder) } }
    try openUnlearning.map { try Folder.make($0) }
    let inputs =
      try Folder.names(in: folder).map { "\(folder)/\($0)" } + [self.suite]
      + suite.tasks.flatMap(\.inputs).map(\.path) + (options.tokenizerPath.map { [$0] } ?? [])
    return try OutputTargets(
      [
        ("--output", output), ("--harness", harness),
        ("--open-unlearning", published(OpenUnlearningLog.names.evaluation)),
        ("--open-unlearning", published(OpenUnlearningLog.names.summary)),
      ].compactMap { option, path in
        path.map { OutputTargets.Target(option: option, path: $0) }
      }, ledger: ledger.map { OutputTargets.Target(option: "--ledger", path: $0) }, inputs: inputs)
  }

  private func table(_ evaluation: Evaluation, _ recorded: Digest256?) -> String {
    var rows: [[String]] = []
    for task in evaluation.tasks {
      for metric in task.metrics {
        rows.append([task.name] + metric.cells)
      }
    }
    let notes = evaluation.tasks.filter { $0.cut > 0 }.map {
      "\($0.name): \($0.cut) of \($0.items.count) items lost the beginning of their context"
    }
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    let lines = rows.map { row in
      let line = zip(row, widths).map { cell, width in
        cell.padding(toLength: width, withPad: " ", startingAt: 0)
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
    let names = recorded.map { ["evaluation  \($0.hex)"] } ?? []
    return (lines + notes + names).joined(separator: "\n")
  }
}

/// Shows how far an evaluation is: on a terminal one line, elsewhere a line every ten seconds.
final class EvaluationLine {
  private let quiet: Bool
  private var shown = Date()
  private var isDrawn = false

  init(quiet: Bool) {
    self.quiet = quiet
  }

  func show(_ task: String, _ done: Int, _ total: Int) {
    let pause = Console.isTerminal ? 0.2 : 10
    guard !quiet, Date().timeIntervalSince(shown) >= pause else { return }
    shown = Date()
    let line = "\(task): \(done) of \(total)"
    guard Console.isTerminal else { return Console.plain(line) }
    isDrawn = true
    Console.draw(line)
  }

  func end() {
    guard isDrawn else { return }
    isDrawn = false
    Console.draw("")
  }
}

/// What the ledger gets of an evaluation: hashes that are taken before it, and again behind it.
struct EvaluationRecord {
  private let options: ModelOptions
  private let suite: Suite
  private let checkpoint: CheckpointRow
  private let inputs: [NamedArtefact]
  private let tokenizer: NamedArtefact
  private let chat: ChatTemplate?

  init(_ options: ModelOptions, _ suite: Suite, _ chat: ChatTemplate?) throws {
    self.options = options
    self.chat = chat
    self.suite = suite
    (checkpoint, inputs, tokenizer) = try EvaluationRecord.files(options, suite)
  }

  private static func files(
    _ options: ModelOptions, _ suite: Suite
  ) throws -> (CheckpointRow, [NamedArtefact], NamedArtefact) {
    func file(_ name: String, _ path: String) throws -> NamedArtefact {
      let digest = try FileSource.digest(of: path)
      return NamedArtefact(
        name: name, artefact: Artefact(sha256: digest, bytes: Folder.size(of: path) ?? 0))
    }
    let weights = try Checkpoint(folder: options.folder).files.map {
      String($0.path.dropFirst(options.folder.count + 1))
    }
    var names = Set(weights + ["config.json"])
    let index = "model.safetensors.index.json"
    if !weights.contains("model.safetensors"), Folder.exists("\(options.folder)/\(index)") {
      names.insert(index)
    }
    let ordered = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return (
      CheckpointRow(files: try ordered.map { try file($0, "\(options.folder)/\($0)") }),
      try suite.tasks.flatMap(\.inputs).map { try file($0.name, $0.path) },
      try file("tokenizer.json", options.tokenizerPath ?? "")
    )
  }

  /// What the ledger gets; it is known by its digest there.
  func row(_ evaluation: Evaluation) throws -> EvaluationRow {
    var settings = JSONText()
    settings.object { settings in
      settings.member("tokenizer", tokenizer.artefact.sha256.hex)
      settings.member("arithmetic", "float32")
      if let chat { settings.member("chat", chat.rawValue) }
    }
    let metrics = evaluation.tasks.flatMap { task in
      task.metrics.map {
        MetricRow(
          task: task.name, metric: $0.name, value: $0.value, count: Int64($0.count),
          interval: $0.interval.map {
            MetricInterval(
              lower: $0.lower, upper: $0.upper, confidence: $0.confidence,
              method: $0.method.rawValue)
          })
      }
    }
    return EvaluationRow(
      checkpoint: checkpoint,
      suite: SuiteRow(name: suite.name, version: suite.version, body: suite.bytes),
      inputs: inputs, settings: settings.text, items: evaluation.itemsDigest, metrics: metrics,
      code: try Machine.codeOfModels())
  }

  /// Writes it.
  ///
  /// - Throws: `Findings` where a file is not what it was before the evaluation, `LedgerError`.
  func enter(_ row: EvaluationRow, ledger path: String) throws {
    let now = try EvaluationRecord.files(options, suite)
    guard now == (checkpoint, inputs, tokenizer) else {
      throw Findings(lines: [
        "a file of the model or the suite changed during the evaluation; nothing was recorded"
      ])
    }
    // One process at a time writes a ledger.
    let lock = try FileLock(path: path + ".lock", waiting: true)
    defer { withExtendedLifetime(lock) {} }
    let ledger = try Ledger(creating: path)
    try ledger.record(row, on: Machine.description())
    try ledger.close()
  }
}
