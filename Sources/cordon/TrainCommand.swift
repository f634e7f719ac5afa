internal import ArgumentParser
internal import Foundation
internal import Language
internal import Ledger
internal import Streams
internal import Tensors
internal import Training

struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Make a tokenizer and a language model from a corpus.",
    discussion: """
      A plan is a YAML file; Filters/README.md tells of the keys. The corpus is a folder that \
      `cordon curate` wrote, or files. The model, in the form of Hugging Face, is in DIR/model; \
      DIR/checkpoints has what the plan keeps, DIR/log.jsonl a line for each step, and \
      DIR/learning-curve.svg the losses. The ledger of the corpus records the run and every \
      checkpoint.

      The same command again goes on from the last checkpoint, and gives the bytes of a run that \
      never stopped, with any number of threads. A changed plan, corpus or binary is exit 2 and \
      names --fresh. A build with `--traits MPI` shares the slices of every step among the \
      processes of `mpirun -n N cordon train`, with the same bytes.

      EXAMPLE
        cordon train Filters/training/demo.yaml --output model
        cordon generate model/model --prompt "Once upon a time"
      """)

  @Argument(help: ArgumentHelp("What to train, how, and on what (YAML).", valueName: "plan"))
  var planPath: String

  @OptionGroup var options: RunOptions

  @Flag(name: .long, help: "Print the memory that is needed and the time expected; write nothing.")
  var dryRun = false

  func run() throws {
    let plan = try TrainingPlan(path: planPath)
    if dryRun {
      return try TrainingForecast(plan, threads: options.threads.count).print(json: options.json)
    }
    let processes = try Processes()
    do {
      try train(plan, processes)
    } catch {
      processes.abort(error)
      throw error
    }
    processes.finish()
  }

  private func train(_ plan: TrainingPlan, _ processes: Processes) throws {
    let settings = try options.conditions()
    try processes.group?.agree(on: Array("\(settings.code)".utf8), what: "binary or processor")
    let line = TrainingLine(quiet: options.quiet || !processes.isFirst)
    defer { line.end() }
    let watch = options.watch()
    defer { watch.disarm() }
    let run = TrainingRun(
      plan: plan, options: settings, group: processes.group, observer: line.observer)
    let started = Date()
    guard let outcome = try run.run() else { return }
    line.end()
    try Console.result(text(outcome, seconds: Date().timeIntervalSince(started)))
  }

  private func text(_ outcome: TrainingOutcome, seconds: Double) -> String {
    if options.json {
      var text = JSONText()
      text.object { text in
        text.member("run", outcome.run)
        text.member("steps", outcome.steps)
        text.member("done", outcome.done)
        text.member("loss", outcome.loss)
        text.member("validation", outcome.validation)
        text.member("scored", outcome.scored)
        text.member("model", outcome.model)
        text.member("checkpoint", outcome.checkpoint)
        text.member("ledger", outcome.ledger)
        text.member("cut", outcome.data.cut)
        text.member("lostTokens", outcome.data.lostTokens)
        text.member("promptless", outcome.data.promptless)
        text.member("trainedValidation", outcome.data.trainedValidation)
        text.member("seconds", seconds)
      }
      return text.text
    }
    let validation =
      outcome.validation.map { String(format: ", validation loss %.4f", $0) } ?? ""
    return """
      run \(outcome.run): \(outcome.steps) steps, \(outcome.done) of them now, in \
      \(String(format: "%.1f", seconds)) s
      loss \(String(format: "%.4f", outcome.loss))\(validation), over \
      \(outcome.scored) scored tokens
      model       \(outcome.model)
      checkpoint  \(outcome.checkpoint)
      ledger      \(outcome.ledger)
      """
  }
}

/// The processes that `mpirun` started; without it there is one.
private final class Processes {
  private(set) var group: (any ProcessGroup)?

  init() throws {
    let environment = ProcessInfo.processInfo.environment
    let names = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"]
    let count = names.compactMap { environment[$0] }.compactMap { Int($0) }.first ?? 1
    guard count > 1 else { return }
    #if MPI
      group = try MPIGroup()
    #else
      throw ProcessGroupError.notBuilt(processes: count)
    #endif
  }

  var isFirst: Bool { group.map { $0.rank == 0 } ?? true }

  /// One process that cannot go on must not leave the others waiting.
  func abort(_ error: any Error) {
    #if MPI
      guard let group = group as? MPIGroup else { return }
      Console.note("\(error)")
      let consequence = (error as? any CordonError)?.consequence ?? .usage
      group.abort(code: consequence.rawValue)
    #endif
  }

  func finish() {
    #if MPI
      (group as? MPIGroup)?.finish()
    #endif
  }
}
