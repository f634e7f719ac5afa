internal import Language
internal import Streams
internal import Tensors

/// The loss of long texts in windows that overlap: each window predicts only the tokens that no
/// window before it did, so every token but a text's first is scored exactly once.
///
/// These are the rolling windows of lm-eval (`get_rolling_token_windows` in lm_eval/utils.py) with
/// a context of `size - stride + 1`, behind a text's first token as its prefix token. With a stride
/// of a whole window they are those of its `loglikelihood_rolling`.
struct StridedWindows {
  /// Tokens that the model reads at a time; it predicts what follows each.
  let size: Int
  /// Tokens that each window but the first predicts anew.
  let stride: Int

  /// One window of a text.
  struct Window: Equatable {
    /// The tokens that are read; the last one of a text never is.
    var tokens: Range<Int>
    /// How many of the tokens behind these, at their end, are new.
    var fresh: Int
  }

  init(size: Int, stride: Int) {
    precondition(size > 0 && stride > 0 && stride <= size, "windows that miss no token")
    self.size = size
    self.stride = stride
  }

  /// The windows of a text of so many tokens. The first predicts as much as it can, each other one
  /// `stride` tokens, the last what is left; all see as far back as a window is long.
  func windows(of count: Int) -> [Window] {
    var windows: [Window] = []
    var predicted = 0
    while predicted < count - 1 {
      let fresh = min(count - 1 - predicted, predicted == 0 ? size : stride)
      predicted += fresh
      windows.append(Window(tokens: max(0, predicted - size)..<predicted, fresh: fresh))
    }
    return windows
  }

  /// The negative log-likelihood of each text's scored tokens in nats, and how many they are.
  ///
  /// - Parameter progress: gets the number of windows that are done, and of all.
  /// - Throws: `ModelInputError` for tokens that the model does not have, `InterruptedError`.
  func score(
    _ texts: [[Int32]], _ subject: EvaluationSubject, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> [(sum: Double, tokens: Int)] {
    var results = Array(repeating: (sum: 0.0, tokens: 0), count: texts.count)
    try forEachBatch(texts, subject, progress: progress) { batch, pass in
      let loss = pass.loss(targets: batch.targets)
      for (index, text) in batch.texts.enumerated() {
        results[text].sum += loss.sequences[index]
        results[text].tokens += loss.scored[index]
      }
    }
    return results
  }

  /// Windows that are read together.
  struct Batch {
    /// The text of each window.
    var texts: [Int]
    /// Tokens of each window, with what is padded behind it.
    var length: Int
    /// What each token that is read predicts; ``CrossEntropy/ignored`` where that is not new.
    var targets: [Int32]
  }

  /// Reads the windows of all texts, batch after batch, and calls `body` behind each forward pass.
  ///
  /// - Parameter progress: gets the number of windows that are done, and of all.
  /// - Throws: `ModelInputError` for tokens that the model does not have, `InterruptedError`.
  func forEachBatch(
    _ texts: [[Int32]], _ subject: EvaluationSubject, progress: (Int, Int) -> Void = { _, _ in },
    _ body: (Batch, TrainingPass) throws -> Void
  ) throws {
    let pass = TrainingPass(subject.model, on: subject.workers)
    // Also the last token of a text, which is predicted and not read.
    for tokens in texts where !tokens.isEmpty { try subject.model.check(tokens, length: 1) }
    let all = texts.enumerated().flatMap { text, tokens in
      windows(of: tokens.count).map { (text: text, window: $0) }
    }
    var done = 0
    while done < all.count {
      if Interruption.isRequested { throw InterruptedError(resumes: false) }
      var batch = [all[done]]
      var length = all[done].window.tokens.count
      while done + batch.count < all.count {
        let next = all[done + batch.count]
        let longest = max(length, next.window.tokens.count)
        guard longest * (batch.count + 1) <= ContinuationScorer.batchRows else { break }
        length = longest
        batch.append(next)
      }
      var tokens: [Int32] = []
      var targets: [Int32] = []
      for (text, window) in batch {
        let gap = length - window.tokens.count
        tokens += texts[text][window.tokens] + Array(repeating: 0, count: gap)
        // What stands behind each token that is read.
        let behind = texts[text][(window.tokens.lowerBound + 1)...window.tokens.upperBound]
        targets += Array(repeating: CrossEntropy.ignored, count: behind.count - window.fresh)
        targets += behind.suffix(window.fresh) + Array(repeating: CrossEntropy.ignored, count: gap)
      }
      try pass.forward(tokens, length: length, for: .values)
      try body(Batch(texts: batch.map { $0.text }, length: length, targets: targets), pass)
      done += batch.count
      progress(done, all.count)
    }
  }
}
