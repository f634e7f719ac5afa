internal import Language

extension ChoiceItems {
  /// The index of each item's right choice.
  package var answers: [Int] { items.map(\.answer) }

  /// The places of each item's choices in ``sequences(for:)``.
  package var choices: [Range<Int>] {
    var first = 0
    return items.map { item in
      defer { first += item.characters.count }
      return first..<first + item.characters.count
    }
  }

  /// The tokens of every choice behind its question, item after item: the last ones of what the
  /// model can see.
  package func sequences(for subject: EvaluationSubject) -> [[Int32]] {
    requests.map { Array(($0.context + $0.continuation).suffix(subject.model.shape.context)) }
  }

  /// How many tokens of each sequence are the choice's own, at its end.
  package var lengths: [Int] { requests.map(\.continuation.count) }

  /// Scores the items of several files behind each block, by the model's own last norm and output
  /// matrix.
  ///
  /// - Returns: for each block the results of each file, in order.
  /// - Throws: as ``score(_:_:)``, and `TensorsError` where there is no memory for a batch.
  package static func scoreByBlock(
    _ sets: [ChoiceItems], _ subject: EvaluationSubject
  ) throws -> [[[ChoiceResult]]] {
    try LayerScorer(subject).score(sets.flatMap(\.requests)).map { try results(of: sets, $0) }
  }
}
