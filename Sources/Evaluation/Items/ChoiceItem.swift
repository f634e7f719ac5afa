internal import Corpus
internal import Streams

/// A question with its choices.
struct ChoiceItem: Sendable, Equatable {
  /// The question, without white space at its ends.
  var question: String
  /// The choices, two at least.
  var choices: [String]
  /// The index of the right one.
  var answer: Int

  /// The letters that choices are called by.
  static let letters = (UInt8(ascii: "A")...UInt8(ascii: "Z")).map {
    String(Unicode.Scalar($0))
  }

  /// The items of JSON lines (`question`, `choices`, `answer`) or, where the name ends in `.csv`,
  /// of a table: with a header of `question`, `choice0`, `choice1`, … and `answer`, or without one
  /// as MMLU is published, the answer behind the choices. An answer is an index or, in a table, a
  /// letter.
  ///
  /// - Throws: ``EvaluationError`` with file and row, `StreamsError` for the file.
  static func items(of input: NamedFile) throws -> [ChoiceItem] {
    let isTable = input.path.hasSuffix(".csv")
    let items = try isTable ? table(of: input) : lines(of: input)
    guard !items.isEmpty else { throw EvaluationError.empty(file: input.name) }
    return items
  }

  private init(
    question: String, choices: [String], answer: Int?, file: String, row: Int
  ) throws {
    func mistake(_ why: String) -> EvaluationError { .item(file: file, row: row, why: why) }
    guard (2...ChoiceItem.letters.count).contains(choices.count) else {
      throw mistake("\(choices.count) choices; from 2 to \(ChoiceItem.letters.count) are expected")
    }
    guard let answer, choices.indices.contains(answer) else {
      throw mistake("`answer` must be the index of a choice, counted from 0")
    }
    self.question = ChoiceItem.trimmed(question)
    self.choices = choices
    self.answer = answer
  }

  // MARK: - JSON lines

  private struct Line: Decodable {
    let question: String
    let choices: [String]
    let answer: Int
  }

  private static func lines(of input: NamedFile) throws -> [ChoiceItem] {
    let lines: [Line] = try RecordFile.lines(
      of: input, text: "question", answer: "answer",
      expected: "`question` (a text), `choices` (a list of texts) and `answer` (an index)")
    return try lines.enumerated().map { row, line in
      try ChoiceItem(
        question: line.question, choices: line.choices, answer: line.answer, file: input.name,
        row: row)
    }
  }

  // MARK: - Tables

  private static func table(of input: NamedFile) throws -> [ChoiceItem] {
    var bytes: [UInt8] = []
    try RecordFile.forEachRecord(of: input, format: .text) { _, content in
      bytes = Array(content)
    }
    var rows = try TableText.rows(of: bytes, file: input.name)
    guard let first = rows.first else { return [] }
    var columns = (
      question: 0, choices: Array(1..<max(first.count - 1, 1)), answer: first.count - 1
    )
    if first.contains("question") && first.contains("answer") {
      // Readers disagree on which of two columns counts.
      let repeated = first.enumerated().first { first.firstIndex(of: $0.element) != $0.offset }
      if let repeated {
        throw EvaluationError.item(
          file: input.name, row: 0,
          why: "column \(repeated.offset + 1) of the header has the name of another; rename it")
      }
      rows.removeFirst()
      let choices = (0..<letters.count).map { first.firstIndex(of: "choice\($0)") }
        .prefix { $0 != nil }.compactMap(\.self)
      columns = (
        first.firstIndex(of: "question") ?? 0, choices, first.firstIndex(of: "answer") ?? 0
      )
    }
    return try rows.enumerated().map { row, cells in
      guard cells.count == first.count else {
        throw EvaluationError.item(
          file: input.name, row: row,
          why: "\(cells.count) cells, but the first line has \(first.count); mend the row, or "
            + "leave it out")
      }
      return try ChoiceItem(
        question: cells[columns.question], choices: columns.choices.map { cells[$0] },
        answer: answer(cells[columns.answer]), file: input.name, row: row)
    }
  }

  /// An index, or a letter.
  private static func answer(_ cell: String) -> Int? {
    Int(cell) ?? letters.firstIndex(of: cell)
  }

  /// Without white space at either end, as Python's `strip` sees it.
  static func trimmed(_ text: String) -> String {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool { WhiteSpace.isSpace(scalar) }
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return String(scalars)
  }
}
