internal import Language
internal import Settings

/// How a question is written before its answer.
///
/// | key | meaning |
/// |---|---|
/// | `template` | with `{question}`; default `Question: {question}`, a line feed and `Answer:` |
/// | `start` | what stands before it: `tokenizer` (default), `model` or `none` |
///
/// An answer stands behind a space. In a chat the question, as the template has it, is the user's
/// turn, and an answer stands behind nothing.
struct QuestionPrompt: Sendable {
  static let keys = ["template", "start"]

  private let template: ChoiceTemplate
  let start: TextStart

  init(_ settings: SettingsMapping) throws {
    start = try TextStart.read(settings, default: .tokenizer)
    let node = settings.optional("template")
    let text = try node?.string() ?? ChoiceTemplate.standard(.text)
    guard let template = ChoiceTemplate(text, form: .text), !template.hasChoices else {
      throw (node ?? settings.node).mistake(
        "expected a text with {question}; {{ and }} stand for braces")
    }
    self.template = template
  }

  /// A question up to its answer.
  func text(_ question: String) -> String { template.context(question: question) }

  /// A text as the user's turn of a chat, up to the answer; without a chat the text itself.
  func turn(_ text: String, in chat: ChatTemplate?) throws -> String {
    try chat.map { try $0.text(of: [ChatMessage(.user, text)]) } ?? text
  }

  /// A question with its answers, as tokens: cut as lm-eval cuts them.
  ///
  /// - Throws: ``EvaluationError`` where a tokenizer has no token for an answer, or nothing stands
  ///   before it.
  func requests(
    _ question: String, _ answers: [String], _ subject: EvaluationSubject, task: String,
    file: String, row: Int
  ) throws -> [ContinuationRequest] {
    let context = try turn(text(question), in: subject.chat)
    return try answers.enumerated().map { index, answer in
      let request = try subject.request(
        context, subject.chat == nil ? " " + answer : answer, start, task: task)
      guard !request.context.isEmpty else { throw EvaluationError.noStart(task: task) }
      let (own, seen) = (request.continuation.count, subject.model.shape.context)
      guard own > 0, own <= seen else {
        throw EvaluationError.choice(
          file: file, row: row, choice: index, tokens: own, context: seen)
      }
      return request
    }
  }
}
