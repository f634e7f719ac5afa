/// Items that are longer than a sequence, and what they lost.
public struct CutItems: Sendable, Equatable {
  /// Items that were read.
  public var items: Int
  /// Those that lost tokens.
  public var cut: Int
  /// Tokens that those lost.
  public var lostTokens: Int
  /// Those of whose prompt nothing is left but its last token.
  public var promptless: Int

  /// Counts.
  public init(items: Int = 0, cut: Int = 0, lostTokens: Int = 0, promptless: Int = 0) {
    (self.items, self.cut) = (items, cut)
    (self.lostTokens, self.promptless) = (lostTokens, promptless)
  }

  /// Takes in an item that was cut to a sequence.
  ///
  /// - Parameters:
  ///   - whole: as it was.
  ///   - rest: what is left of it.
  ///   - lost: tokens that it lost; 0 where it fitted.
  package mutating func add(_ whole: TokenizedDocument, rest: TokenizedDocument, lost: Int) {
    items += 1
    guard lost > 0 else { return }
    cut += 1
    lostTokens += lost
    if whole.promptCount > 1 && rest.promptCount <= 1 { promptless += 1 }
  }

  /// What a person should know of it; nil where nothing was cut.
  public var note: String? {
    guard cut > 0 else { return nil }
    let prompts =
      promptless > 0 ? "; of \(promptless) nothing of the prompt is left but its last token" : ""
    return "\(cut) of \(items) items are longer than a sequence and were cut: \(lostTokens) tokens "
      + "are lost\(prompts). Raise `sequence` in the plan"
  }
}
