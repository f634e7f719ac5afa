/// A question with its answer, and the same answer in other words, right and wrong: a line of TOFU
/// (Maini et al., "TOFU: a task of fictitious unlearning for LLMs", 2024).
struct AnswerItem: Sendable, Equatable {
  /// The question.
  var question: String
  /// The answer.
  var answer: String
  /// The answer in other words; nil where there is none.
  var paraphrased: String?
  /// Wrong answers in the words of the right one.
  var perturbed: [String]

  /// The answers, in the order in which they are scored.
  var answers: [String] { [answer] + (paraphrased.map { [$0] } ?? []) + perturbed }

  private struct Line: Decodable {
    let question: String
    let answer: String
    let paraphrased_answer: String?
    let perturbed_answer: [String]?
  }

  /// The items of JSON lines (`question`, `answer`, perhaps `paraphrased_answer` and
  /// `perturbed_answer`; TOFU's files have more, which is not read). What the first has, all have:
  /// a mean over some of the items is one over others than it seems.
  ///
  /// - Parameter limit: only so many, the first.
  /// - Throws: ``EvaluationError`` with file and row, `StreamsError` for the file.
  static func items(
    of input: NamedFile, limit: Int? = nil
  ) throws -> (items: [AnswerItem], total: Int) {
    let lines: [Line] = try RecordFile.lines(
      of: input, text: "question", answer: "answer",
      expected: "`question` and `answer` (texts), and perhaps `paraphrased_answer` (a text) and "
        + "`perturbed_answer` (a list of texts)")
    let items = try lines.prefix(limit ?? lines.count).enumerated().map { row, line in
      func mistake(_ why: String) -> EvaluationError { .item(file: input.name, row: row, why: why) }
      let item = AnswerItem(
        question: line.question, answer: line.answer, paraphrased: line.paraphrased_answer,
        perturbed: line.perturbed_answer ?? [])
      guard !item.answers.contains("") else {
        throw mistake("an answer is empty; mend the row, or leave it out")
      }
      guard (line.paraphrased_answer == nil) == (lines[0].paraphrased_answer == nil) else {
        throw mistake("`paraphrased_answer` stands in some rows only; give it in all, or in none")
      }
      guard item.perturbed.isEmpty == (lines[0].perturbed_answer ?? []).isEmpty else {
        throw mistake("`perturbed_answer` stands in some rows only; give it in all, or in none")
      }
      return item
    }
    guard !items.isEmpty else { throw EvaluationError.empty(file: input.name) }
    return (items, lines.count)
  }
}
