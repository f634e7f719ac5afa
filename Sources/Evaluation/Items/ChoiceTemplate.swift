internal import Settings

/// How an item is written before its answer.
struct ChoiceTemplate: Sendable, Equatable {
  /// What is scored behind the question.
  enum Form: String, Sendable, CaseIterable {
    /// The text of each choice.
    case text
    /// The letter of each choice: A, B, C, …
    case letters
  }

  private enum Piece: Equatable {
    case text(String)
    case question
    case choices
  }

  private let pieces: [Piece]
  /// What is scored behind it.
  let form: Form

  /// The template of a form where the suite has none: that of lm-eval's ARC, and of its MMLU.
  static func standard(_ form: Form) -> String {
    switch form {
    case .text: "Question: {question}\nAnswer:"
    case .letters: "{question}\n{choices}\nAnswer:"
    }
  }

  /// A template: `{question}`, `{choices}` (a line for each: its letter, a full stop, a space and
  /// the choice), `{{` and `}}` for braces.
  ///
  /// - Returns: nil where a brace stands for nothing, or there is no question.
  init?(_ text: String, form: Form) {
    var pieces: [Piece] = []
    var literal = ""
    var rest = text[...]
    while let first = rest.first {
      if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
        literal.append(first)
        rest = rest.dropFirst(2)
        continue
      }
      guard first == "{" || first == "}" else {
        literal.append(first)
        rest = rest.dropFirst()
        continue
      }
      let names: [(String, Piece)] = [("{question}", .question), ("{choices}", .choices)]
      guard let (name, piece) = names.first(where: { rest.hasPrefix($0.0) }) else { return nil }
      if !literal.isEmpty { pieces.append(.text(literal)) }
      literal = ""
      pieces.append(piece)
      rest = rest.dropFirst(name.count)
    }
    if !literal.isEmpty { pieces.append(.text(literal)) }
    guard pieces.contains(.question) else { return nil }
    self.pieces = pieces
    self.form = form
  }

  /// The item up to its answer.
  func context(_ item: ChoiceItem) -> String {
    context(question: item.question, choices: item.choices)
  }

  /// A question, with its choices where it has some, up to its answer.
  func context(question: String, choices: [String] = []) -> String {
    pieces.map { piece in
      switch piece {
      case .text(let text): text
      case .question: question
      case .choices:
        zip(ChoiceItem.letters, choices).map { "\($0). \($1)" }.joined(separator: "\n")
      }
    }.joined()
  }

  /// Whether choices stand in it.
  var hasChoices: Bool { pieces.contains(.choices) }

  /// What each choice is called behind the context.
  func choices(_ item: ChoiceItem) -> [String] {
    form == .text ? item.choices : Array(ChoiceItem.letters.prefix(item.choices.count))
  }
}
