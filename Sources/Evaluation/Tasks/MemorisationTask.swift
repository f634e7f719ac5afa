internal import Language
internal import Settings
internal import Tensors

/// How much of texts, or of answers, a model can say by itself: extraction strength and exact
/// memorisation under teacher forcing.
///
/// | key | meaning |
/// |---|---|
/// | `text` | a text file, or a corpus of JSON lines; or a list of them |
/// | `items` | instead: JSON lines `{"question","answer"}`, of which the answer is scored |
/// | `field` | where the text stands in a JSON line; default `text` |
/// | `limit` | only so many texts or items of each file, the first |
/// | `forgotten` | whether less is better, for the model shall forget them; default true |
/// | `template` | of items; see ``QuestionPrompt`` |
/// | `start` | what stands before a text or a question |
///
/// Texts longer than the model sees are read in windows, half of each new. The token that ends a
/// text is not scored.
struct MemorisationTask: SuiteTask {
  static let kind = "memorisation"
  static let keys = ["text", "items", "field", "limit", "forgotten"] + QuestionPrompt.keys

  let name: String
  let inputs: [NamedFile]
  private let areItems: Bool
  private let field: String
  private let isForgotten: Bool
  private let limit: Int?
  private let prompt: QuestionPrompt

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try Suite.plainName(try settings.required("name"))
    areItems = settings.optional("items") != nil
    if areItems, let node = settings.optional("text") {
      throw node.mistake("a task has `text` or `items`, not both")
    }
    inputs = try NamedFile.list(
      try settings.required(areItems ? "items" : "text"), folder: folder)
    field = try settings.optional("field")?.string() ?? "text"
    isForgotten = try settings.optional("forgotten")?.bool() ?? true
    limit = try settings.optional("limit")?.int(in: 1...(1 << 40))
    prompt = try QuestionPrompt(settings)
  }

  func run(
    _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> TaskResult {
    var texts = ForcedTexts(task: name)
    var total = 0
    for input in inputs {
      if areItems {
        let all = try ClozeItem.items(of: input)
        total += all.count
        for (row, item) in all.prefix(limit ?? all.count).enumerated() {
          let request = try prompt.requests(
            item.question, [item.answers[item.right]], subject, task: name, file: input.name,
            row: row)[0]
          texts.append(request, file: input.name, row: row)
        }
      } else {
        let all = try RecordFile.texts(of: input, field: field)
        total += all.count
        for (row, text) in all.prefix(limit ?? all.count).enumerated() {
          texts.append(
            try subject.tokens(text, prompt.start, task: name), text, subject, file: input.name,
            row: row)
        }
      }
    }
    let items = try texts.read(subject, progress: progress) { _, tokens in
      [
        MeasuredItem.Value("tokens", Double(tokens.count)),
        MeasuredItem.Value("extractionStrength", Memorisation.extractionStrength(tokens)),
        MeasuredItem.Value("exactMemorisation", Memorisation.exact(tokens)),
      ]
    }
    let metrics = [
      ("extraction_strength", "extractionStrength"), ("exact_memorisation", "exactMemorisation"),
    ].map { metric, item in
      MetricValue.mean(
        of: items.compactMap { $0.value(item) }, named: metric, task: name, within: 0...1,
        higherIsBetter: !isForgotten)
    }
    return TaskResult(
      name: name, kind: MemorisationTask.kind, shots: 0, total: total, limit: limit,
      metrics: metrics, items: items.map { .measured($0) })
  }
}
