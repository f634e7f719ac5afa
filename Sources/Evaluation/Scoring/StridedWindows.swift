internal import Language
internal import Streams
internal import Tensors

/// The loss of long texts in windows that overlap: each window scores only the tokens that no
/// window before it had (Hugging Face, "Perplexity of fixed-length models").
struct StridedWindows {
  /// Tokens that a window has.
  let size: Int
  /// Tokens by which a window stands behind the one before.
  let stride: Int

  /// One window of a text.
  struct Window: Equatable {
    /// Its tokens.
    var tokens: Range<Int>
    /// How many of them, at its end, are new. The first token of a window is never scored: nothing
    /// stands before it.
    var fresh: Int
  }

  init(size: Int, stride: Int) {
    precondition(size > 1 && stride > 0 && stride <= size, "windows that miss no token")
    self.size = size
    self.stride = stride
  }

  /// The windows of a text of so many tokens; the last is the first that reaches its end.
  func windows(of count: Int) -> [Window] {
    var windows: [Window] = []
    var seen = 0
    var first = 0
    while seen < count {
      let end = min(first + size, count)
      windows.append(Window(tokens: first..<end, fresh: end - seen))
      seen = end
      first += stride
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
    let pass = TrainingPass(subject.model, on: subject.workers)
    let all = texts.enumerated().flatMap { text, tokens in
      windows(of: tokens.count).filter { $0.tokens.count > 1 }.map { (text: text, window: $0) }
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
      var labels: [Int32] = []
      for (text, window) in batch {
        let own = texts[text][window.tokens]
        let gap = length - own.count
        tokens += own
        tokens += Array(repeating: 0, count: gap)
        labels += Array(repeating: CrossEntropy.ignored, count: own.count - window.fresh)
        labels += own.suffix(window.fresh)
        labels += Array(repeating: CrossEntropy.ignored, count: gap)
      }
      try pass.forward(tokens, length: length, for: .values)
      let loss = pass.loss(labels: labels)
      for (index, (text, _)) in batch.enumerated() {
        results[text].sum += loss.sequences[index]
        results[text].tokens += loss.scored[index]
      }
      done += batch.count
      progress(done, all.count)
    }
    return results
  }
}
