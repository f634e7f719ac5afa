internal import ArgumentParser
internal import Foundation
internal import Ledger
internal import Streams
internal import Tensors
internal import Training
internal import Unlearning

struct UnlearnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlearn",
    abstract: "Make a model forget, inside a boundary of what it must still be able to do.",
    discussion: """
      A plan is a YAML file; Filters/README.md tells of the keys: what is to be forgotten and how, \
      what is to be retained, and the boundary, which says what must hold of the model and with \
      what confidence. The weights of the terms move by items held out for that, and the verdict \
      is measured once, on items used for nothing else.

      DIR/model has the model where the boundary is met, and is not there where it is not; \
      DIR/verdict.json says why. DIR/log.jsonl has a line for each step. A plan without a boundary \
      keeps its fixed weights, and gives its model, unless nothing changed or the weights exploded.

      The same command again goes on from the last checkpoint, and gives the bytes of a run that \
      never stopped, with any number of threads. A changed plan, model, data or binary is exit 2 \
      and names --fresh. Exit 1: the boundary is not met, there are not enough items to say, no \
      weight was changed, or the weights exploded.

      EXAMPLE
        cordon unlearn plan.yaml --model models/base --output forgotten
        cordon evaluate forgotten/model --suite Filters/suites/example.yaml
      """)

  @Argument(
    help: ArgumentHelp("What to forget, how, and what must stay (YAML).", valueName: "plan"))
  var planPath: String

  @Option(
    name: .long, help: ArgumentHelp("The model, a Hugging Face folder.", valueName: "dir"))
  var model: String

  @OptionGroup var options: RunOptions

  @Flag(name: .long, help: "Print the memory that is needed and the time expected; write nothing.")
  var dryRun = false

  func run() throws {
    let plan = try UnlearningPlan(path: planPath)
    let settings = UnlearningOptions(model: model, run: try options.conditions())
    if dryRun {
      let run = UnlearningRun(plan: plan, options: settings)
      return try UnlearningForecastText(run.forecast(), plan: plan, threads: settings.threads)
        .print(json: options.json)
    }
    let line = TrainingLine(quiet: options.quiet)
    defer { line.end() }
    let watch = options.watch()
    defer { watch.disarm() }
    let run = UnlearningRun(plan: plan, options: settings, observer: line.unlearning)
    let started = Date()
    let outcome = try run.run()
    line.end()
    try Console.result(text(outcome, seconds: Date().timeIntervalSince(started)))
    guard outcome.model != nil else { throw Findings(lines: outcome.findings) }
    for finding in outcome.findings { Console.note(finding) }
  }

  private func text(_ outcome: UnlearningOutcome, seconds: Double) -> String {
    if options.json {
      var text = JSONText()
      text.object { text in
        text.member("run", outcome.run)
        text.member("verdict", outcome.verdict)
        text.member("steps", outcome.steps)
        text.member("done", outcome.done)
        text.member("chosen", outcome.chosen)
        if let scale = outcome.scale { text.member("scale", scale) }
        text.member("model", outcome.model)
        text.array("findings") { text in for line in outcome.findings { text.value(line) } }
        text.member("seconds", seconds)
      }
      return text.text
    }
    let scale = outcome.scale.map { "\nscale       \($0)" } ?? ""
    return """
      run \(outcome.run): \(outcome.steps) steps, \(outcome.done) of them now, in \
      \(String(format: "%.1f", seconds)) s
      verdict     \(outcome.verdict ?? "none: the plan states no boundary")\(scale)
      model       \(outcome.model ?? "none")
      """
  }
}

/// What `cordon unlearn --dry-run` prints.
private struct UnlearningForecastText {
  private let forecast: UnlearningForecast
  private let plan: UnlearningPlan
  private let secondsPerStep: Double

  /// The share of the peak of sgemm that steps reach, about.
  private static let share = 0.6

  init(_ forecast: UnlearningForecast, plan: UnlearningPlan, threads: Int) throws {
    self.forecast = forecast
    self.plan = plan
    let peak = try TrainingProgress.peak(on: Workers(count: threads))
    let factor = plan.recompute ? 4.0 / 3 : 1
    secondsPerStep =
      Double(forecast.rows) * forecast.operations * factor / (peak * UnlearningForecastText.share)
  }

  private var seconds: Double {
    Double(plan.steps) * secondsPerStep
      + Double(forecast.measurements) * forecast.secondsPerMeasurement
  }

  private var parts: [(String, Int)] {
    let memory = forecast.memory.training
    return [
      ("weights", memory.weights), ("gradients", memory.gradients), ("moments", memory.moments),
      ("activations", memory.activations), ("scratch", memory.scratch),
      ("startModel", forecast.memory.start), ("measuring", forecast.memory.measuring),
      ("taskVector", forecast.memory.vector), ("program", memory.program),
    ]
  }

  func print(json: Bool) throws {
    if json {
      var text = JSONText()
      text.object { text in
        text.member("plan", plan.name)
        text.member("parameters", forecast.parameters)
        text.member("trained", forecast.trained)
        text.object("items") { text in
          for (term, count) in zip(plan.terms, forecast.items) { text.member(term.name, count) }
        }
        text.member("cut", forecast.cut.cut)
        text.member("lostTokens", forecast.cut.lostTokens)
        text.member("memory", forecast.memory.total)
        text.object("memoryParts") { text in
          for (name, bytes) in parts { text.member(name, bytes) }
        }
        text.member("steps", plan.steps)
        text.member("secondsPerStep", secondsPerStep)
        text.member("secondsPerMeasurement", forecast.secondsPerMeasurement)
        text.member("seconds", seconds)
      }
      return try Console.result(text.text)
    }
    try Console.result(
      "plan \(plan.name)@\(plan.version): \(forecast.parameters) parameters, "
        + "\(forecast.trained) of them trained")
    for (term, count) in zip(plan.terms, forecast.items) {
      try Console.result("  \(term.name): \(count) items, \(term.objective.kind.name)")
    }
    try Console.result("memory \(Size.text(Int64(forecast.memory.total)))")
    for (name, bytes) in parts { try Console.result("  \(name): \(Size.text(Int64(bytes)))") }
    if forecast.windowSteps > 0 {
      try Console.result(
        "what the start model says is computed again every \(forecast.windowSteps) steps")
    }
    if let note = forecast.cut.note { Console.note(note) }
    let whole = TrainingProgress.time(seconds)
    let each = String(format: "%.2f s a step, about", secondsPerStep)
    let measuring =
      forecast.measurements > 0
      ? String(format: ", %.2f s a measurement", forecast.secondsPerMeasurement) : ""
    try Console.result("\(each)\(measuring): \(whole) for \(plan.steps) steps")
    try Console.result("nothing was written")
  }
}
