internal import Language
internal import Settings

/// How questions are written before their answers, and how long a model may answer.
///
/// | key | meaning |
/// |---|---|
/// | `template` | with `{question}`; default that of training, in a chat the question alone |
/// | `separator` | stands between it and an answer; default a space, in a chat nothing |
/// | `start` | what stands before it: `tokenizer` (default), `model` or `none` |
/// | `end` | the token behind an answer; default the model's, in a chat that of a turn |
/// | `max_tokens` | tokens that a model answers, at most; default 200 |
///
/// Training writes `Question: {question}`, a line feed and `Answer:`.
struct AnswerPrompt: Sendable {
  static let keys = ["template", "separator", "start", "end", "max_tokens"]

  private let template: ChoiceTemplate?
  private let separator: String?
  private let start: TextStart
  private let end: String?
  /// Tokens that a model answers, at most.
  let limit: Int

  init(_ settings: SettingsMapping) throws {
    start = try TextStart.read(settings, default: .tokenizer)
    separator = try settings.optional("separator")?.string()
    end = try settings.optional("end")?.string()
    limit = try settings.optional("max_tokens")?.int(in: 1...(1 << 20)) ?? 200
    template = try settings.optional("template").map { node in
      guard let template = ChoiceTemplate(try node.string(), form: .text), !template.hasChoices
      else {
        throw node.mistake("expected a text with {question}; {{ and }} stand for braces")
      }
      return template
    }
  }

  /// What an item's answers are scored behind, which is the same for all of them, and the tokens of
  /// each with the end token: cut as training cuts a question from its answer.
  ///
  /// - Throws: ``EvaluationError`` where the model cannot see question and answer.
  func requests(
    of item: AnswerItem, _ subject: EvaluationSubject, task: String, file: String, row: Int
  ) throws -> [ContinuationRequest] {
    let context = Array(try context(item.question, in: subject.chat).utf8)
    let separator = separator ?? (subject.chat == nil ? " " : "")
    let end = try endTokens(subject, task: task)[0]
    let before = try special(before: context, subject, task: task)
    return try item.answers.map { answer in
      let (own, response) = subject.tokenizer.encode(
        prompt: context, response: Array((separator + answer).utf8))
      var request = ContinuationRequest(context: before + own, continuation: response + [end])
      if request.context.isEmpty, let token = subject.startToken { request.context = [token] }
      guard !request.context.isEmpty else { throw EvaluationError.noStart(task: task) }
      let tokens = request.context.count + request.continuation.count - 1
      guard tokens <= subject.model.shape.context else {
        throw EvaluationError.tooLong(
          file: file, row: row, tokens: tokens, context: subject.model.shape.context)
      }
      return request
    }
  }

  /// The tokens that stand before a context's own.
  private func special(
    before context: [UInt8], _ subject: EvaluationSubject, task: String
  ) throws -> [Int32] {
    let all = try subject.tokens(context, start, task: task)
    let own = subject.tokenizer.encode(context, addingSpecial: false)
    let first = all.indices.first { all[$0...].starts(with: own) } ?? 0
    return Array(all[..<first])
  }

  /// The tokens that end an answer; the first is scored.
  func endTokens(_ subject: EvaluationSubject, task: String) throws -> [Int32] {
    let usual = subject.model.source?.configuration.endTokens ?? []
    let name = end ?? subject.chat?.turnEnd
    guard let name else {
      guard !usual.isEmpty else { throw EvaluationError.noEnd(task: task, token: nil) }
      return usual
    }
    guard let own = subject.tokenizer.id(of: name) else {
      throw EvaluationError.noEnd(task: task, token: name)
    }
    return [own] + usual.filter { $0 != own }
  }

  private func context(_ question: String, in chat: ChatTemplate?) throws -> String {
    guard let chat else {
      return (template ?? AnswerPrompt.standard).context(question: question)
    }
    let turn = template?.context(question: question) ?? question
    return try chat.text(of: [ChatMessage(.user, turn)])
  }

  /// The form in which questions and answers are trained on.
  private static let standard: ChoiceTemplate = {
    guard let template = ChoiceTemplate(ChoiceTemplate.standard(.text), form: .text) else {
      preconditionFailure("a template of ours")
    }
    return template
  }()
}
