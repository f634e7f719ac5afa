internal import ArgumentParser
internal import Attacks
internal import Foundation
internal import Ledger
internal import Streams
internal import Tensors

struct AttackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attack",
    abstract: "Try to bring back what a model was made to forget, with controls.",
    discussion: """
      A plan is a YAML file; Filters/README.md tells of the keys: the items that are measured all \
      along (facts that an attack may learn from, facts of the same kind that it does not see, and \
      general ability), and the attacks. The model and those given with --unprotected, --filtered \
      and --beside are attacked alike.

      --unprotected is the positive control: a model that knows everything must show it under the \
      same attack. --filtered is the negative control: a twin that was trained on the filtered \
      corpus must not come to know what no attack taught. Where a control misbehaves the command \
      says so and ends with exit 1: its numbers say nothing then.

      DIR/attacks.json has every number, DIR/report.html the curves. The ledger gets the numbers \
      of each model; `cordon audit trace --evaluation` leads from them to checkpoint and corpus. The \
      same command again goes on behind the last trial that was done, and gives the bytes of a run \
      that never stopped, with any number of threads.

      EXAMPLE
        cordon attack forgotten/model --plan attack.yaml --output attacked \\
          --unprotected none/model --filtered filtered/model
      """)

  @Argument(help: ArgumentHelp("The model, a Hugging Face folder.", valueName: "model"))
  var model: String

  @Option(
    name: .long, help: ArgumentHelp("What is measured, and the attacks (YAML).", valueName: "file"))
  var plan: String

  @Option(name: .long, help: ArgumentHelp("Takes what the run writes.", valueName: "dir"))
  var output: String

  @Option(
    name: .long, help: ArgumentHelp("The positive control: a model that knows.", valueName: "dir"))
  var unprotected: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The negative control: a twin that never saw it.", valueName: "dir"))
  var filtered: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Another model, attacked alike; may be repeated.", valueName: "dir"))
  var beside: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("The ledger (default: one in the output folder).", valueName: "file"))
  var ledger: String?

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "Remove what an earlier run wrote to the output folder, and start anew.")
  var fresh = false

  @Flag(name: .long, help: "One JSON object on stdout.")
  var json = false

  @Flag(name: .long, help: "No progress.")
  var quiet = false

  func run() throws {
    guard !output.isEmpty else { throw ValidationError("--output is empty; name a folder") }
    let attack = try AttackPlan(path: plan)
    var models = [AttackedModel(.model, folder: model)]
    if let unprotected { models.append(AttackedModel(.unprotected, folder: unprotected)) }
    if let filtered { models.append(AttackedModel(.filtered, folder: filtered)) }
    models += beside.map { AttackedModel(.beside, folder: $0) }
    for model in models {
      try ModelOptions.check(folder: model.folder)
      guard Folder.exists(model.folder + "/tokenizer.json") else {
        throw ValidationError("\(model.folder): has no tokenizer.json; put the model's there")
      }
    }
    var code = try Machine.code()
    code.libraries += " openblas:\(BLAS.description)"
    let options = AttackOptions(
      models: models, output: output, ledger: ledger, threads: threads.count, fresh: fresh,
      code: code, machine: Machine.description())
    let line = TrialLine(quiet: quiet)
    defer { line.end() }
    let watch = StopWatch(resumes: true) { if Console.isTerminal { Console.draw("") } }
    defer { watch.disarm() }
    let run = AttackRun(
      plan: attack, options: options, observer: AttackObserver(trial: line.show))
    let started = Date()
    let outcome = try run.run()
    line.end()
    watch.disarm()
    try Console.result(
      json
        ? outcome.summaryJSON(plan: attack, output: output).text
        : text(outcome, attack, seconds: Date().timeIntervalSince(started)))
    if unprotected == nil || filtered == nil {
      Console.note(
        "without both controls resistance says little: give --unprotected and --filtered")
    }
    guard outcome.findings.isEmpty else { throw Findings(lines: outcome.findings) }
  }

  private func text(_ outcome: AttackOutcome, _ plan: AttackPlan, seconds: Double) -> String {
    ([
      "run \(outcome.run): \(outcome.trials.count) trials on \(outcome.models.count) models in "
        + "\(String(format: "%.1f", seconds)) s"
    ] + outcome.table(plan: plan)
      + ["curves      \(output)/report.html", "numbers     \(output)/attacks.json"]
      + outcome.models.map { "evaluation  \($0.evaluation)  \($0.name)" })
      .joined(separator: "\n")
  }
}

/// Shows how many trials are done: on a terminal one line, elsewhere a line every ten seconds.
private final class TrialLine {
  private let quiet: Bool
  private var shown = Date()
  private var isDrawn = false

  init(quiet: Bool) { self.quiet = quiet }

  func show(_ done: Int, _ total: Int, _ name: String) {
    let pause = Console.isTerminal ? 0.2 : 10
    guard !quiet, Date().timeIntervalSince(shown) >= pause else { return }
    shown = Date()
    let line = "trial \(done) of \(total): \(name)"
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
