internal import Language
internal import Settings

/// The loss of texts: perplexity in windows that overlap, as lm-eval's rolling windows do.
///
/// | key | meaning |
/// |---|---|
/// | `text` | a text file, or a corpus of JSON lines, plain or compressed; or a list of them |
/// | `field` | where the text stands in a JSON line; default `text` |
/// | `window` | tokens that the model reads at a time; default what it can see |
/// | `stride` | tokens that each window but the first predicts anew; default half a window |
/// | `start` | what stands before a text: `tokenizer` (default), `model` or `none` |
///
/// Each file, or each line of a corpus, is a text of its own. Every token but the first is scored
/// exactly once, behind as many of the tokens before it as its window has. Nothing stands before
/// the first: where that is no start token, its bytes, and a word that ends with it, do not count.
struct LossTask: SuiteTask {
  static let kind = "loss"
  static let keys = ["text", "field", "window", "stride", "start"]

  let name: String
  let inputs: [NamedFile]
  private let field: String
  private let window: Int?
  private let stride: Int?
  private let start: TextStart

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try Suite.plainName(try settings.required("name"))
    inputs = try NamedFile.list(try settings.required("text"), folder: folder)
    field = try settings.optional("field")?.string() ?? "text"
    window = try settings.optional("window")?.int(in: 2...(1 << 24))
    stride = try settings.optional("stride")?.int(in: 1...(1 << 24))
    start = try TextStart.read(settings, default: .tokenizer)
    if let stride, let window, stride > window, let node = settings.optional("stride") {
      throw node.mistake("is more than the window: tokens between two windows would be lost")
    }
  }

  func run(
    _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> TaskResult {
    let context = subject.model.shape.context
    let size = window ?? context
    guard size > 1, size <= context, stride ?? 1 <= size else {
      throw EvaluationError.window(task: name, window: max(size, stride ?? 1), context: context)
    }
    let windows = StridedWindows(size: size, stride: stride ?? max(size / 2, 1))
    var results: [TextResult] = []
    var tokens: [[Int32]] = []
    for input in inputs {
      for (row, text) in try RecordFile.texts(of: input, field: field).enumerated() {
        let own = try subject.tokens(text, start, task: name)
        tokens.append(own)
        let unscored = start == .model ? 0 : subject.firstBytes(of: text, own)
        results.append(
          TextResult(
            file: input.name, row: row, negativeLogLikelihood: 0, tokens: 0,
            bytes: text.count - unscored, words: WhiteSpace.words(text, behind: unscored)))
      }
    }
    let scores = try windows.score(tokens, subject) { progress?(name, $0, $1) }
    for (index, score) in scores.enumerated() {
      guard score.sum.isFinite else {
        throw EvaluationError.notFinite(
          task: name, file: results[index].file, row: results[index].row)
      }
      results[index].negativeLogLikelihood = score.sum
      results[index].tokens = score.tokens
    }
    guard results.contains(where: { $0.tokens > 0 }) else {
      throw EvaluationError.nothingScored(task: name)
    }
    return TaskResult(
      name: name, kind: LossTask.kind, shots: 0, total: results.count, limit: nil,
      metrics: LossMetric.all.compactMap { $0.over(results, task: name) },
      items: results.map { .text($0) })
  }
}
