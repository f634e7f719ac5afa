import ArgumentParser
import Foundation
import Language
import Streams
import Tensors

/// `cordon-bench decode`: greedy decoding beside the speed at which the machine reads the weights.
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Measure greedy decoding with a key-value cache; print one JSON object.",
    discussion: """
      Without --model, a Llama of 13.8 million seeded weights: 6 layers, width 384, 6 heads, 8,192
      tokens. A step cannot be faster than its weights are read (readWeights over the weights' own
      size, readMemory over a block larger than any cache), nor than its products are computed
      (gigaflops of a large product): limitPerSecond is the smaller of the two.

      Example:
        cordon-bench decode --batch 1 --batch 16 --threads 4
      """)

  @Option(help: ArgumentHelp("A model's folder.", valueName: "DIR")) var model: String?
  @Option(help: "Sequences side by side; may be repeated (default: 1 and 16).")
  var batch: [Int] = []
  @Option(help: "Tokens of each prompt.") var prompt = 16
  @Option(help: "New tokens of each sequence.") var tokens = 240
  @Option(help: "Threads (default: all cores).") var threads: Int?
  @Option(help: "Runs of which the median counts, behind one that does not.") var runs = 5
  @Flag(help: "Also print the tokens.") var answers = false

  func validate() throws {
    guard batch.allSatisfy({ $0 > 0 }), prompt > 0, tokens > 0, runs > 0, threads ?? 1 > 0 else {
      throw ValidationError("Every number must be above 0.")
    }
  }

  func run() throws {
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let workers = Workers(count: threads)
    let model = try model.map { try LanguageModel.load(folder: $0) } ?? BenchModel.make()
    let limits = try MachineLimits(weights: model.weights.count, on: workers)
    var report = Report(threads: threads, parameters: model.layout.elements, limits: limits)
    for batch in batch.isEmpty ? [1, 16] : batch {
      report.batches.append(try measure(batch, model, limits, workers))
    }
    print(try jsonLine(report))
  }

  private func measure(
    _ batch: Int, _ model: LanguageModel, _ limits: MachineLimits, _ workers: Workers
  ) throws -> Batch {
    let requests = (0..<batch).map {
      Generator.Request(
        BenchModel.prompt($0, count: prompt, vocabulary: model.shape.vocabulary), limit: tokens)
    }
    let generator = Generator(model, sequences: batch, on: workers)
    var found: [Generator.Answer] = []
    var timings: [Timing] = []
    for _ in 0...runs {
      timings.append(try Timing { found = try generator.generate(requests) })
    }
    timings.removeFirst()
    let count = Double(found.reduce(0) { $0 + $1.tokens.count })
    return Batch(
      batch: batch, newTokens: Int(count), tokensPerSecond: count / median(timings.map(\.wall)),
      bestPerSecond: count / (timings.map(\.wall).min() ?? 0),
      cpuMicrosecondsPerToken: median(timings.map(\.cpu)) / count * 1e6,
      limitPerSecond: limits.tokensPerSecond(batch, parameters: model.layout.elements),
      answers: answers ? found.map(\.tokens) : nil)
  }

  private struct Report: Encodable {
    var threads: Int
    var parameters: Int
    var limits: MachineLimits
    var batches: [Batch] = []
  }

  private struct Batch: Encodable {
    var batch: Int
    var newTokens: Int
    /// New tokens of all sequences over the seconds from prompt to end, the median and the best.
    var tokensPerSecond, bestPerSecond: Double
    var cpuMicrosecondsPerToken: Double
    var limitPerSecond: Double
    var answers: [[Int32]]?
  }
}

/// A Llama of seeded weights, in the shapes that the peers are measured with.
enum BenchModel {
  private static let configuration = """
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 384,
    "intermediate_size": 1024, "num_hidden_layers": 6, "num_attention_heads": 6,
    "vocab_size": 8192, "max_position_embeddings": 256, "rms_norm_eps": 1e-5,
    "tie_word_embeddings": true}
    """

  /// The model: norms of one, and else weights of deviation 0.02.
  static func make() throws -> LanguageModel {
    let configuration = try ModelConfiguration(Array(configuration.utf8), path: "the bench's model")
    let model = try LanguageModel(configuration.shape)
    var random = SplitMix64(name: "cordon-bench decode")
    for parameter in model.layout.parameters {
      let isNorm = parameter.shape.count == 1
      for index in parameter.place.range {
        let uniform = Float(random.next() >> 40) * 0x1p-24 - 0.5
        // A uniform number of width 1 has deviation 1 / √12.
        model.weights.base[index] = isNorm ? 1 : uniform * 0.02 * Float(12).squareRoot()
      }
    }
    return model
  }

  /// Tokens of a prompt, the same for everyone who measures beside us.
  static func prompt(_ number: Int, count: Int, vocabulary: Int) -> [Int32] {
    (0..<count).map { Int32((1 + 31 * number + 17 * $0 * $0) % vocabulary) }
  }
}
