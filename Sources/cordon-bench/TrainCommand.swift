import ArgumentParser
import Foundation
import Language
import Streams
import Tensors
import Training

/// `cordon-bench train`: steps of training on random tokens, beside the peak of sgemm.
struct TrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Measure the step of training on random tokens.",
    discussion: """
      Prints one JSON object: the median step, tokens a second, GFLOP/s as 6·N a token (N without \
      a table of positions), and the peak of sgemm (2048³, best of several) in the same process \
      with as many threads; and where the time of one more step goes, as shares by operation \
      (`other` is what no worker takes part in).

      Example:
        cordon-bench train --model llama-13m --batch 16 --sequence 256 --threads 4
      """)

  /// The shapes that are compared with other trainers.
  enum Model: String, CaseIterable, ExpressibleByArgument {
    case llama1 = "llama-1m"
    case llama13 = "llama-13m"
    case gpt124 = "gpt2-124m"

    var shape: DecoderShape {
      switch self {
      case .llama1:
        DecoderFamily.llama.shape(
          DecoderFamily.Size(vocabulary: 2_048, width: 128, layers: 4, heads: 4, context: 256))
      case .llama13:
        DecoderFamily.llama.shape(
          DecoderFamily.Size(vocabulary: 8_192, width: 384, layers: 6, heads: 6, context: 256))
      case .gpt124:
        DecoderFamily.gpt2.shape(
          DecoderFamily.Size(vocabulary: 50_257, width: 768, layers: 12, heads: 12, context: 1_024))
      }
    }
  }

  @Option(help: "llama-1m, llama-13m or gpt2-124m.") var model = Model.llama13
  @Option(help: "Sequences of a step.") var batch = 16
  @Option(help: "Tokens of a sequence.") var sequence = 256
  @Option(help: "Steps that are measured, behind one that is not.") var steps = 5
  @Option(help: "Threads.") var threads = ProcessInfo.processInfo.activeProcessorCount
  @Flag(help: "Compute activations again instead of keeping them.") var recompute = false

  func validate() throws {
    guard batch > 0, sequence > 0, steps > 0, threads > 0 else {
      throw ValidationError("--batch, --sequence, --steps and --threads must be above 0.")
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
    let trainer = try Trainer(
      model,
      settings: Trainer.Settings(
        optimiser: OptimiserSettings(rate: 3e-4, clip: nil), steps: steps + 2,
        recompute: recompute),
      on: workers)
    var stream = SplitMix64(seed: 7)
    var (walls, processor): ([Double], [Double]) = ([], [])
    var loss = 0.0
    for _ in 0...steps {
      let batch = randomBatch(&stream, vocabulary: model.shape.vocabulary)
      let (start, used) = (Date(), clock())
      loss = try trainer.step(batch).loss
      walls.append(Date().timeIntervalSince(start))
      processor.append(Double(clock() - used) / Double(CLOCKS_PER_SEC))
    }
    let batch = randomBatch(&stream, vocabulary: model.shape.vocabulary)
    workers.profile = OperationProfile()
    let start = Date()
    _ = try trainer.step(batch)
    let shares = shares(workers.profile, of: Date().timeIntervalSince(start))
    print(report(model, walls, processor, peak: peak, loss: loss, shares))
  }

  /// Where a step's time went, the longest first.
  private func shares(_ profile: OperationProfile?, of whole: Double) -> String {
    let seconds = profile?.seconds ?? [:]
    let other = whole - seconds.values.reduce(0, +)
    let parts =
      seconds.sorted { ($1.value, $0.key) < ($0.value, $1.key) } + [(key: "other", value: other)]
    return parts.map { "\"\($0.key)\": " + String(format: "%.3f", $0.value / whole) }
      .joined(separator: ", ")
  }

  private func report(
    _ model: LanguageModel, _ walls: [Double], _ processor: [Double], peak: Double, loss: Double,
    _ shares: String
  ) -> String {
    func median(_ values: [Double]) -> Double { values.dropFirst().sorted()[steps / 2] }
    let tokens = Double(batch * sequence)
    let positions = model.shape.positions == .learned ? model.shape.context : 0
    let parameters = model.layout.elements - positions * model.shape.width
    let work = 6 * Double(parameters) * tokens / 1e9
    let (wall, used) = (median(walls), median(processor))
    let fields: [(String, String)] = [
      ("model", "\"\(self.model.rawValue)\""), ("parameters", "\(model.layout.elements)"),
      ("batch", "\(batch)"), ("sequence", "\(sequence)"), ("threads", "\(threads)"),
      ("stepSeconds", String(format: "%.4f", wall)),
      ("processorSeconds", String(format: "%.4f", used)),
      ("tokensPerSecond", String(format: "%.1f", tokens / wall)),
      ("tokensPerProcessorSecond", String(format: "%.1f", tokens / used)),
      ("gigaflops", String(format: "%.1f", work / wall)),
      ("peakGigaflops", String(format: "%.1f", peak)),
      ("shareOfPeak", String(format: "%.3f", work / wall / peak)),
      ("loss", String(format: "%.4f", loss)), ("shares", "{\(shares)}"),
    ]
    return "{" + fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
  }

  private func randomBatch(_ stream: inout SplitMix64, vocabulary: Int) -> TrainingBatch {
    func token(_ stream: inout SplitMix64) -> Int32 {
      Int32(stream.next32() % UInt32(vocabulary))
    }
    let rows = batch * sequence
    return TrainingBatch(
      length: sequence, tokens: (0..<rows).map { _ in token(&stream) },
      targets: (0..<rows).map { _ in token(&stream) },
      segments: Segments(rows: rows, length: sequence))
  }
}
