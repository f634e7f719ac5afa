internal import Language
internal import Settings

/// Questions with choices, scored as lm-eval scores them: which choice is most likely behind the
/// question.
///
/// | key | meaning |
/// |---|---|
/// | `items` | JSON lines or a table (`.csv`), or a list of them |
/// | `form` | `text` (default) scores each choice's text, `letters` its letter, as MMLU does |
/// | `template` | with `{question}` and `{choices}`; default ``ChoiceTemplate/standard(_:)`` |
/// | `description` | stands before everything, as it is |
/// | `shots`, `examples` | so many of these items, with their answers, before each question |
/// | `limit` | only so many items, the first |
/// | `start` | what stands before the context: `tokenizer` (default), `model` or `none` |
///
/// A choice is scored behind a space (lm-eval's `target_delimiter`), a blank line stands behind
/// each example (`fewshot_delimiter`), and the examples are the first ones (`sampler: first_n`).
/// Where a file is both, an item is no example of its own.
///
/// In a chat (``EvaluationSubject/chat``) the description is the system's turn, an example is a
/// turn of each, and a choice is scored behind nothing.
struct MultipleChoiceTask: SuiteTask {
  static let kind = "multiple-choice"
  static let keys = [
    "items", "form", "template", "description", "shots", "examples", "limit", "start",
  ]

  let name: String
  private let files: [NamedFile]
  private let examples: [NamedFile]
  private let shots: Int
  private let limit: Int?
  private let template: ChoiceTemplate
  private let description: String
  private let start: TextStart

  var inputs: [NamedFile] { files + examples }

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try Suite.plainName(try settings.required("name"))
    files = try NamedFile.list(try settings.required("items"), folder: folder)
    shots = try settings.optional("shots")?.int(in: 0...1_000) ?? 0
    examples =
      try settings.optional("examples").map { try NamedFile.list($0, folder: folder) } ?? []
    if shots > 0 { _ = try settings.required("examples") }
    limit = try settings.optional("limit")?.int(in: 1...(1 << 40))
    start = try TextStart.read(settings, default: .tokenizer)
    description = try settings.optional("description")?.string() ?? ""
    let forms = ChoiceTemplate.Form.allCases.map(\.rawValue)
    let form = try settings.optional("form")?.choice(of: forms)
    let known = form.flatMap { ChoiceTemplate.Form(rawValue: $0) } ?? .text
    let node = settings.optional("template")
    let text = try node?.string() ?? ChoiceTemplate.standard(known)
    guard let template = ChoiceTemplate(text, form: known) else {
      throw (node ?? settings.node).mistake(
        "expected a text with {question}, and perhaps {choices}; {{ and }} stand for braces")
    }
    self.template = template
  }

  func run(
    _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> TaskResult {
    let shown = try examples.map { ($0.path, try ChoiceItem.items(of: $0)) }
    let scorer = ContinuationScorer(subject)
    var results: [ChoiceResult] = []
    var requests: [ContinuationRequest] = []
    var total = 0
    for input in files {
      let items = try ChoiceItem.items(of: input)
      total += items.count
      for (row, item) in items.enumerated() {
        if results.count == limit { break }
        let own = shown.contains { $0.0 == input.path } ? item : nil
        let context = try context(
          of: item, try shots(shown.flatMap(\.1), without: own), in: subject.chat)
        let choices = template.choices(item)
        var isCut = false
        for (index, choice) in choices.enumerated() {
          let request = try subject.request(
            context, subject.chat == nil ? " " + choice : choice, start, task: name)
          let (own, seen) = (request.continuation.count, subject.model.shape.context)
          guard !request.context.isEmpty else { throw EvaluationError.noStart(task: name) }
          guard own > 0, own <= seen else {
            throw EvaluationError.choice(
              file: input.name, row: row, choice: index, tokens: own, context: seen)
          }
          isCut = isCut || request.context.count + own > seen + 1
          requests.append(request)
        }
        results.append(
          ChoiceResult(
            file: input.name, row: row, answer: item.answer, logLikelihoods: [],
            characters: choices.map(\.unicodeScalars.count), bytes: choices.map(\.utf8.count),
            isCut: isCut))
      }
    }
    let scores = try scorer.score(requests) { progress?(name, $0, requests.count) }
    var first = 0
    for index in results.indices {
      let count = results[index].characters.count
      results[index].logLikelihoods = Array(scores[first..<(first + count)])
      first += count
      guard results[index].logLikelihoods.allSatisfy(\.isFinite) else {
        throw EvaluationError.notFinite(
          task: name, file: results[index].file, row: results[index].row)
      }
    }
    return TaskResult(
      name: name, kind: MultipleChoiceTask.kind, shots: shots, total: total, limit: limit,
      metrics: ChoiceMetric.all.map { $0.over(results) }, items: results.map { .choice($0) })
  }

  /// The examples of an item: the first that are not it.
  private func shots(
    _ shown: [ChoiceItem], without own: ChoiceItem?
  ) throws -> ArraySlice<ChoiceItem> {
    let others = (own == nil ? shown : shown.filter { $0 != own }).prefix(shots)
    guard others.count == shots else {
      throw EvaluationError.examples(
        file: examples.last?.name ?? "", count: others.count, shots: shots)
    }
    return others
  }

  /// What an item's choices are scored behind.
  private func context(
    of item: ChoiceItem, _ shots: ArraySlice<ChoiceItem>, in chat: ChatTemplate?
  ) throws -> String {
    let shown = shots.map { (template.context($0), template.choices($0)[$0.answer]) }
    let question = template.context(item)
    guard let chat else {
      return description + shown.map { "\($0) \($1)\n\n" }.joined() + question
    }
    var messages = shown.flatMap { [ChatMessage(.user, $0), ChatMessage(.assistant, $1)] }
    if !description.isEmpty { messages.insert(ChatMessage(.system, description), at: 0) }
    return try chat.text(of: messages + [ChatMessage(.user, question)])
  }
}
