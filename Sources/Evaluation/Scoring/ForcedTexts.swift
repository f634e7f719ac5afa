internal import Language
internal import Streams
internal import Tensors

/// Texts that a model is forced to read, token by token, and what is measured on each.
struct ForcedTexts {
  let task: String
  private var tokens: [[Int32]] = []
  /// The first token of each that is scored.
  private var firsts: [Int] = []
  private var places: [(file: String, row: Int)] = []

  init(task: String) { self.task = task }

  /// Appends an answer behind its question; only the answer is scored.
  mutating func append(_ request: ContinuationRequest, file: String, row: Int) {
    tokens.append(request.context + request.continuation)
    firsts.append(request.context.count)
    places.append((file, row))
  }

  /// Appends a text; what stands before its own first token, and behind its last, is not scored.
  mutating func append(
    _ tokens: [Int32], _ text: [UInt8], _ subject: EvaluationSubject, file: String, row: Int
  ) {
    var own = tokens
    // What a tokenizer's template puts behind a text; the text's own tokens stay.
    while let last = own.last, subject.tokenizer.isSpecial(last),
      !text.reversed().starts(with: subject.tokenizer.decode([last]).reversed())
    {
      own.removeLast()
    }
    self.tokens.append(own)
    firsts.append(1)
    places.append((file, row))
  }

  /// Reads all texts in windows of what the model sees.
  ///
  /// - Parameter measure: gets the number of a text and its scored tokens, at least one.
  /// - Throws: ``EvaluationError`` where no token of a text can be scored or a number is none;
  ///   `ModelInputError`, `InterruptedError`.
  func read(
    _ subject: EvaluationSubject, progress: EvaluationProgress?,
    _ measure: (_ text: Int, _ tokens: [ForcedTokens.Token]) throws -> [MeasuredItem.Value]
  ) throws -> [MeasuredItem] {
    let read = try StridedWindows.whole(of: subject).tokens(
      of: tokens, from: firsts, subject
    ) { progress?(task, $0, $1) }
    return try read.enumerated().map { text, tokens in
      let (file, row) = places[text]
      guard !tokens.isEmpty else {
        throw EvaluationError.item(
          file: file, row: row,
          why: "no token can be scored: none stands behind another; leave the row out, or set "
            + "`start` to model")
      }
      let values = try measure(text, tokens)
      guard tokens.allSatisfy(\.logProbability.isFinite), values.allSatisfy(\.value.isFinite)
      else { throw EvaluationError.notFinite(task: task, file: file, row: row) }
      return MeasuredItem(file: file, row: row, values: values)
    }
  }
}
