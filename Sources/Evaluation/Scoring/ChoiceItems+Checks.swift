extension ChoiceItems {
  /// What keeps an item from measuring anything. Choices are counted from 0.
  package enum Flaw: Sendable, Equatable {
    /// A choice in which nothing but white space stands.
    case empty(Int)
    /// Two choices that are one: whatever a model knows, they tie.
    case equal(Int, Int)
  }

  /// The first item that measures nothing, and why; nil for none.
  ///
  /// Choices are one where their texts are, white space at the ends aside, or where the tokenizer
  /// makes the same tokens of them.
  package var firstFlaw: (row: Int, flaw: Flaw)? {
    for (row, range) in choices.enumerated() {
      let texts = questions[row].choices.map { ChoiceItem.trimmed($0) }
      if let choice = texts.firstIndex(of: "") { return (row, .empty(choice)) }
      let tokens = requests[range].map(\.continuation)
      for later in texts.indices {
        let earlier = (0..<later).first {
          texts[$0] == texts[later] || tokens[$0] == tokens[later]
        }
        if let earlier { return (row, .equal(earlier, later)) }
      }
    }
    return nil
  }

  /// Items of which the model cannot see all: their questions lose their beginnings.
  package var cut: Int { items.count { $0.isCut } }
}
