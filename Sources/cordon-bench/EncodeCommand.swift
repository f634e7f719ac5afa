import ArgumentParser
import Language
import Streams

/// `cordon-bench encode`: the speed of a tokenizer in one thread.
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Measure how fast a tokenizer encodes a text, in one thread; print one JSON object.",
    discussion: """
      A file with .jsonl in its name is JSON lines with a string 'text', any other is one text; both
      may be compressed. Texts are held in memory and encoded one by one.

      Example:
        cordon-bench encode tokenizer.json corpus.jsonl.zst
      """)

  @Argument(help: "A tokenizer.json.") var tokenizer: String
  @Argument(help: "A text, or JSON lines.") var file: String
  @Option(help: "Runs of which the median counts, behind one that does not.") var runs = 5

  func validate() throws {
    guard runs > 0 else { throw ValidationError("--runs must be above 0.") }
  }

  func run() throws {
    let tokenizer = try Tokenizer(path: tokenizer)
    let texts = try TextBlock(path: file)
    var (tokens, check) = (0, UInt64(0))
    var timings: [Double] = []
    texts.forEach { text in
      for id in tokenizer.encode(text, addingSpecial: false) {
        check = check &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(UInt32(bitPattern: id))
      }
    }
    for _ in 0..<runs {
      tokens = 0
      let start = cpuSeconds(.thread)
      texts.forEach { tokens += tokenizer.encode($0, addingSpecial: false).count }
      timings.append(cpuSeconds(.thread) - start)
    }
    let megabytes = Double(texts.byteCount) / 1e6
    print(
      try jsonLine(
        Report(
          texts: texts.count, bytes: texts.byteCount, tokens: tokens,
          check: String(check, radix: 16), megabytesPerCPUSecond: megabytes / median(timings),
          best: megabytes / (timings.min() ?? 0))))
  }

  private struct Report: Encodable {
    var texts, bytes, tokens: Int
    /// A digest of all tokens in their order.
    var check: String
    /// MB (10^6 bytes) for each CPU second, the median and the best.
    var megabytesPerCPUSecond, best: Double
  }
}
