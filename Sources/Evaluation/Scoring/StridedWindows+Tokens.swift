internal import Language
internal import Tensors

extension StridedWindows {
  /// What the model thinks of each scored token of each text, in order.
  ///
  /// - Parameters:
  ///   - firsts: the place of the first token of each text that is scored; the tokens before it are
  ///     read and no more. The first token of a text is never scored.
  ///   - progress: gets the number of windows that are done, and of all.
  /// - Throws: `ModelInputError` for tokens that the model does not have, `InterruptedError`.
  func tokens(
    of texts: [[Int32]], from firsts: [Int], _ subject: EvaluationSubject,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> [[ForcedTokens.Token]] {
    var results = Array(repeating: [ForcedTokens.Token](), count: texts.count)
    // Tokens of each text that windows have predicted, scored or not.
    var predicted = Array(repeating: 1, count: texts.count)
    try forEachBatch(texts, subject, progress: progress) { batch, pass in
      var targets = batch.targets
      for (row, text) in batch.texts.enumerated() {
        let places = row * batch.length..<(row + 1) * batch.length
        for place in places where targets[place] != CrossEntropy.ignored {
          if predicted[text] < firsts[text] { targets[place] = CrossEntropy.ignored }
          predicted[text] += 1
        }
      }
      let tokens = ForcedTokens.read(
        hidden: pass.final, head: subject.model.head, labels: targets, on: subject.workers)
      for (row, text) in batch.texts.enumerated() {
        results[text] += tokens[row * batch.length..<(row + 1) * batch.length].compactMap(\.self)
      }
    }
    return results
  }

  /// Windows of all that a model sees, half of each new, unless a task says otherwise.
  static func whole(of subject: EvaluationSubject) -> StridedWindows {
    let context = subject.model.shape.context
    return StridedWindows(size: context, stride: max(context / 2, 1))
  }
}
