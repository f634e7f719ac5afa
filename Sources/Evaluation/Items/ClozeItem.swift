/// A question whose answer is filled in, with or without wrong ones.
struct ClozeItem: Sendable, Equatable {
  /// The question, without white space at its ends.
  var question: String
  /// The answers; one where no wrong ones are known.
  var answers: [String]
  /// The index of the right one.
  var right: Int

  private struct Line: Decodable {
    let question: String
    let answer: Answer
    let choices: [String]?
    let distractors: [String]?
  }

  /// A text, or the index of a choice.
  private enum Answer: Decodable {
    case text(String)
    case index(Int)

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let index = try? value.decode(Int.self) {
        self = .index(index)
      } else {
        self = .text(try value.decode(String.self))
      }
    }
  }

  /// The items of JSON lines: `question` with an `answer`, perhaps with `distractors` (wrong ones);
  /// or with `choices` and the right one's index. What the first has, all have: a share of some
  /// items is one of others than it seems.
  ///
  /// - Throws: ``EvaluationError`` with file and row, `StreamsError` for the file.
  static func items(of input: NamedFile) throws -> [ClozeItem] {
    let lines: [Line] = try RecordFile.lines(
      of: input, text: "question", answer: "answer",
      expected: "`question` and `answer` (texts), perhaps `distractors` (a list of texts); or "
        + "`choices` (a list of texts) with the right one's index as `answer`")
    guard !lines.isEmpty else { throw EvaluationError.empty(file: input.name) }
    var items: [ClozeItem] = []
    for (row, line) in lines.enumerated() {
      func mistake(_ why: String) -> EvaluationError { .item(file: input.name, row: row, why: why) }
      let item: ClozeItem
      switch (line.answer, line.choices) {
      case (.text(let answer), nil):
        item = ClozeItem(
          question: ChoiceItem.trimmed(line.question), answers: [answer] + (line.distractors ?? []),
          right: 0)
      case (.index(let index), let choices?):
        guard choices.indices.contains(index), line.distractors == nil else {
          throw mistake("`answer` must be the index of a choice, counted from 0")
        }
        item = ClozeItem(
          question: ChoiceItem.trimmed(line.question), answers: choices, right: index)
      default:
        throw mistake("`answer` is a text, or with `choices` the index of the right one")
      }
      guard !item.answers.contains("") else {
        throw mistake("an answer is empty; mend the row, or leave it out")
      }
      guard (item.answers.count > 1) == ((items.first ?? item).answers.count > 1) else {
        throw mistake("wrong answers stand in some rows only; give them in all, or in none")
      }
      items.append(item)
    }
    return items
  }
}
