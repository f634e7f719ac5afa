import ArgumentParser
import Foundation
import Language
import Streams
import Tensors
import Training
import Unlearning

/// `cordon-bench unlearn`: steps of unlearning on random tokens, beside the peak of sgemm.
struct UnlearnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlearn",
    abstract: "Measure the step of unlearning on random tokens.",
    discussion: """
      A batch to forget and one as large to retain. Prints one JSON object: the median step, \
      tokens a second (of both batches), and the peak of sgemm (2048³, best of several) in the \
      same process with as many threads. What the start model says is computed once, before \
      the steps that are measured; the seconds that this took stand beside them.

      Example:
        cordon-bench unlearn --objective npo --batch 16 --sequence 256 --threads 4
      """)

  /// What is compared with PyTorch.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case difference = "graddiff"
    case npo
    case rmu

    var objectives: (forget: String, retain: String) {
      switch self {
      case .difference: ("gradient_difference", "retain_nll")
      case .npo: ("{npo: {beta: 0.1}}", "retain_nll")
      case .rmu: ("{rmu: {layers: [3]}}", "retain_hidden")
      }
    }
  }

  @Option(help: "graddiff, npo or rmu (behind block 3).") var objective = Kind.difference
  @Option(help: "llama-1m, llama-13m or gpt2-124m.") var model = TrainCommand.Model.llama13
  @Option(help: "Sequences to forget, and as many to retain.") var batch = 16
  @Option(help: "Tokens of a sequence.") var sequence = 256
  @Option(help: "Steps that are measured, behind one that is not.") var steps = 5
  @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard batch > 0, sequence > 1, steps > 0, threads > 0 else {
      throw ValidationError("--batch, --steps and --threads must be above 0, --sequence above 1.")
    }
    guard sequence <= model.shape.context else {
      throw ValidationError("--sequence must be at most \(model.shape.context).")
    }
  }

  func run() throws {
    let workers = Workers(count: threads)
    let peak = try SgemmPeak(on: workers).gigaflops
    let model = try LanguageModel(model.shape)
    model.initialise(seed: 1)
    let plan = try plan()
    let trainer = try Trainer(
      model,
      settings: Trainer.Settings(
        optimiser: OptimiserSettings(rate: 1e-5, decay: 0, clip: nil), steps: steps + 1),
      on: workers)
    var stream = SplitMix64(seed: 7)
    let data = UnlearningData(
      items: plan.terms.map { _ in items(&stream, vocabulary: model.shape.vocabulary) })
    let terms = try RunningTerm.terms(of: plan, data, model.shape)
    let before = Date()
    let start = try StartValues(terms, trainer: trainer, plan: plan, folder: "", on: workers)
    let asked = Date().timeIntervalSince(before)
    let step = UnlearningStep(terms: terms, start: start, slices: 1, workers: workers)
    var (walls, processor, losses): ([Double], [Double], [Double]) = ([], [], [])
    for _ in 0...steps {
      let (begin, used) = (Date(), clock())
      let report = try trainer.step { number, gradients in
        try step.compute(number, [1, 1], gradients).0
      }
      walls.append(Date().timeIntervalSince(begin))
      processor.append(Double(clock() - used) / Double(CLOCKS_PER_SEC))
      losses.append(report.loss)
    }
    print(
      report(walls: walls, processor: processor, asked: asked, peak: peak, loss: losses[steps]))
  }

  private func plan() throws -> UnlearningPlan {
    let (forget, retain) = objective.objectives
    let text = """
      plan: bench
      version: 1
      forget: [{name: forget, data: none, objective: \(forget), batch: \(batch)}]
      retain: [{name: retain, data: none, objective: \(retain), batch: \(batch)}]
      sequence: \(sequence)
      steps: \(steps + 1)
      reference: {memory: 4GiB}
      """
    return try UnlearningPlan(path: "bench.yaml", bytes: Array(text.utf8))
  }

  /// As many batches as there are steps.
  private func items(_ stream: inout SplitMix64, vocabulary: Int) -> [UnlearningItem] {
    (0..<batch * (steps + 1)).map { number in
      let tokens = (0..<sequence).map { _ in Int32(stream.next32() % UInt32(vocabulary)) }
      return UnlearningItem(
        digest: .zero, place: ItemPlace(file: "", row: number),
        text: UnlearningItem.Text(tokens: tokens))
    }
  }

  private func report(
    walls: [Double], processor: [Double], asked: Double, peak: Double, loss: Double
  ) -> String {
    func median(_ values: [Double]) -> Double { values.dropFirst().sorted()[steps / 2] }
    let wall = median(walls)
    let tokens = Double(2 * batch * sequence)
    let fields: [(String, String)] = [
      ("objective", "\"\(objective.rawValue)\""), ("model", "\"\(model.rawValue)\""),
      ("batch", "\(batch)"), ("sequence", "\(sequence)"), ("threads", "\(threads)"),
      ("stepSeconds", String(format: "%.4f", wall)),
      ("tokensPerSecond", String(format: "%.1f", tokens / wall)),
      ("tokensPerProcessorSecond", String(format: "%.1f", tokens / median(processor))),
      ("startValuesSeconds", String(format: "%.4f", asked)),
      ("peakGigaflops", String(format: "%.1f", peak)), ("loss", String(format: "%.4f", loss)),
    ]
    return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }
}
