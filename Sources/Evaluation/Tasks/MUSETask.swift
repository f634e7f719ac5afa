internal import Language
internal import Settings

/// What a model says by itself of what it shall forget: the first two of MUSE's six ways (Shi et
/// al., "MUSE: machine unlearning six-way evaluation for language models", 2024).
///
/// | key | meaning |
/// |---|---|
/// | `verbatim` | JSON lines `{"prompt","gt"}`: how a text goes on; or a list of files |
/// | `continuation` | tokens that are generated and compared; default 128 |
/// | `knowledge` | JSON lines `{"question","answer"}` with short answers; or a list of files |
/// | `shots`, `examples` | so many of these items, with their answers, before each question |
/// | `answer` | tokens of an answer, at most; default 32 |
/// | `stops` | what ends an answer; default two line feeds, `Question` behind one, `Question:` |
/// | `stemming` | whether ROUGE compares stems: open-unlearning does (default), MUSE does not |
/// | `limit` | only so many items of each file but the examples, the first |
/// | `forgotten` | whether less is better, for the model shall forget it; default true |
/// | `template`, `start` | see ``QuestionPrompt`` |
///
/// All is greedy, and ends with the model's end token. Verbatim memorisation is ROUGE-L F1 with as
/// many tokens of the truth as may be generated; knowledge memorisation is ROUGE-L recall, as
/// open-unlearning has it, and F1.
struct MUSETask: SuiteTask {
  static let kind = "muse"
  static let keys =
    [
      "verbatim", "continuation", "knowledge", "shots", "examples", "answer", "stops", "stemming",
      "limit", "forgotten",
    ] + QuestionPrompt.keys

  let name: String
  private let verbatim: [NamedFile]
  private let knowledge: [NamedFile]
  private let examples: [NamedFile]
  private let continuation: Int
  private let answer: Int
  private let shots: Int
  private let stops: [String]
  private let stemming: Bool
  private let isForgotten: Bool
  private let limit: Int?
  private let prompt: QuestionPrompt

  var inputs: [NamedFile] { verbatim + knowledge + examples }

  init(_ settings: SettingsMapping, folder: String) throws {
    func list(_ key: String) throws -> [NamedFile] {
      try settings.optional(key).map { try NamedFile.list($0, folder: folder) } ?? []
    }
    name = try Suite.plainName(try settings.required("name"))
    (verbatim, knowledge, examples) = (
      try list("verbatim"), try list("knowledge"), try list("examples")
    )
    guard !verbatim.isEmpty || !knowledge.isEmpty else {
      throw settings.node.mistake("expected `verbatim`, `knowledge`, or both")
    }
    continuation = try settings.optional("continuation")?.int(in: 1...(1 << 20)) ?? 128
    answer = try settings.optional("answer")?.int(in: 1...(1 << 20)) ?? 32
    shots = try settings.optional("shots")?.int(in: 0...1_000) ?? 0
    if shots > 0 { _ = try settings.required("examples") }
    stops =
      try settings.optional("stops").map { node in
        var texts: [String] = []
        for node in try node.sequence() { texts.append(try node.string()) }
        return texts
      } ?? ["\n\n", "\nQuestion", "Question:"]
    stemming = try settings.optional("stemming")?.bool() ?? true
    isForgotten = try settings.optional("forgotten")?.bool() ?? true
    limit = try settings.optional("limit")?.int(in: 1...(1 << 40))
    prompt = try QuestionPrompt(settings)
  }

  func run(
    _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> TaskResult {
    var questions: [Continuations.Question] = []
    var total = 0
    for input in verbatim {
      let all = try VerbatimItem.items(of: input)
      total += all.count
      for (row, item) in all.prefix(limit ?? all.count).enumerated() {
        let truth = subject.tokenizer.encode(item.gt, addingSpecial: false)
        questions.append(
          Continuations.Question(
            file: input.name, row: row,
            prompt: try subject.tokens(Array(item.prompt.utf8), prompt.start, task: name),
            truth: String(
              decoding: subject.tokenizer.decode(Array(truth.prefix(continuation))), as: UTF8.self),
            limit: continuation, stops: []))
      }
    }
    let texts = questions.count
    let shown = try examples.flatMap { try ClozeItem.items(of: $0) }
    for input in knowledge {
      let all = try ClozeItem.items(of: input)
      total += all.count
      for (row, item) in all.prefix(limit ?? all.count).enumerated() {
        let context = try context(of: item, shown, in: subject.chat)
        questions.append(
          Continuations.Question(
            file: input.name, row: row,
            prompt: try subject.tokens(Array(context.utf8), prompt.start, task: name),
            truth: item.answers[item.right], limit: answer, stops: stops))
      }
    }
    let scores = try Continuations(task: name, stemming: stemming).scores(
      of: questions, subject, progress: progress)
    let items = zip(questions, scores).enumerated().map { index, pair in
      MeasuredItem(
        file: pair.0.file, row: pair.0.row,
        values: pair.1.values(named: index < texts ? "verbatim" : "knowledge"))
    }
    return TaskResult(
      name: name, kind: MUSETask.kind, shots: shots, total: total, limit: limit,
      metrics: metrics(items), items: items.map { .measured($0) })
  }

  private func metrics(_ items: [MeasuredItem]) -> [MetricValue] {
    [
      ("verbatim_rouge_l_f1", "verbatimRougeLF1"),
      ("knowledge_rouge_l_recall", "knowledgeRougeLRecall"),
      ("knowledge_rouge_l_f1", "knowledgeRougeLF1"),
    ].compactMap { metric, item in
      let values = items.compactMap { $0.value(item) }
      return values.isEmpty
        ? nil
        : MetricValue.mean(
          of: values, named: metric, task: name, within: 0...1, higherIsBetter: !isForgotten)
    }
  }

  /// A question behind the examples, the first that are not it.
  private func context(
    of item: ClozeItem, _ shown: [ClozeItem], in chat: ChatTemplate?
  ) throws -> String {
    let others = shown.filter { $0 != item }.prefix(shots)
    guard others.count == shots else {
      throw EvaluationError.examples(
        file: examples.last?.name ?? "", count: others.count, shots: shots)
    }
    // In a chat, too, the examples stand in the user's turn, as MUSE's do.
    let before = others.map { prompt.text($0.question) + " \($0.answers[$0.right])\n\n" }.joined()
    return try prompt.turn(before + prompt.text(item.question), in: chat)
  }
}

/// A text and how it goes on: a line of MUSE's `verbmem` files.
struct VerbatimItem: Decodable {
  /// What is read.
  let prompt: String
  /// The truth.
  let gt: String

  /// The items of JSON lines.
  ///
  /// - Throws: ``EvaluationError`` with file and row, `StreamsError` for the file.
  static func items(of input: NamedFile) throws -> [VerbatimItem] {
    let items: [VerbatimItem] = try RecordFile.lines(
      of: input, text: "prompt", answer: "gt", expected: "`prompt` and `gt` (texts)")
    guard !items.isEmpty else { throw EvaluationError.empty(file: input.name) }
    if let row = items.firstIndex(where: { $0.gt.isEmpty }) {
      throw EvaluationError.item(
        file: input.name, row: row, why: "`gt` is empty; mend the row, or leave it out")
    }
    return items
  }
}
