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
      corpus must not come to know what no attack taught; and an attack that teaches must teach \
      it. Where a control misbehaves the command says so and ends with exit 1: its numbers say \
      nothing then. An item in two sets, or one that an attack teaches though it does not say so, \
      is exit 2 before the work.

      DIR/attacks.json has every number, DIR/report.html the curves. The ledger gets the numbers \
      of each model; `cordon audit trace --evaluation` leads from them to checkpoint and corpus. \
      The same command again goes on behind the last trial that was done, and gives the bytes of a \
      run that never stopped, with any number of threads.

      EXAMPLE
        cordon attack forgotten/model --plan attack.yaml --output attacked \\
          --unprotected none/model --filtered filtered/model
      """)

  @Argument(help: ArgumentHelp("The model, a Hugging Face folder.", valueName: "model"))
  var model: String

  @Option(
    name: .long, help: ArgumentHelp("What is measured, and the attacks (YAML).", valueName: "file"))
  var plan: String

  @OptionGroup var options: RunOptions

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

  func run() throws {
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
    let settings = AttackOptions(models: models, run: try options.conditions())
    let line = EvaluationLine(quiet: options.quiet)
    defer { line.end() }
    let watch = options.watch()
    defer { watch.disarm() }
    let run = AttackRun(
      plan: attack, options: settings,
      observer: AttackObserver(
        trial: { line.show($2, $0, $1) }, note: { Console.note($0) }))
    let started = Date()
    let outcome = try run.run()
    line.end()
    watch.disarm()
    try Console.result(
      options.json
        ? outcome.summaryJSON(plan: attack, output: options.output).text
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
      + ["curves      \(options.output)/report.html", "numbers     \(options.output)/attacks.json"]
      + outcome.models.map { "evaluation  \($0.evaluation)  \($0.name)" })
      .joined(separator: "\n")
  }
}
