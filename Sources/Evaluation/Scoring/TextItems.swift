internal import Corpus
internal import Language
public import Streams

/// The texts of a file, encoded once and scored often: what a run measures itself by again and
/// again.
///
/// They are scored as a `loss` task scores them, in windows of all that the model can see.
public struct TextItems: Sendable {
  /// The file.
  public let path: String
  /// The digest of each text, as `FoldedText` has it.
  public let keys: [Digest256]
  private let tokens: [[Int32]]

  /// How many texts there are.
  public var count: Int { tokens.count }

  /// The tokens of the longest text, and the most rows that the model computes at one time, about.
  public var size: (length: Int, rows: Int) {
    ContinuationScorer.size(ofBatches: tokens.map { $0.count - 1 })
  }

  /// Reads and encodes the texts of a file.
  ///
  /// - Throws: ``EvaluationError`` where a record has no text, `StreamsError` for the file.
  public init(
    path: String, field: String = "text", start: TextStart = .tokenizer,
    for subject: EvaluationSubject
  ) throws {
    let texts = try RecordFile.texts(of: NamedFile(name: path, path: path), field: field)
    self.path = path
    keys = texts.map { FoldedText.digest($0) }
    tokens = try texts.map { try subject.tokens($0, start, task: path) }
  }

  /// How many tokens of a text are scored: all but its first.
  public func scored(_ text: Int) -> Int { max(tokens[text].count - 1, 0) }

  /// The negative log-likelihood of each text's scored tokens, in nats, and how many they are.
  ///
  /// - Throws: ``EvaluationError`` (notFinite), `ModelInputError` where tokenizer and model do not
  ///   fit, `InterruptedError`.
  public func score(_ subject: EvaluationSubject) throws -> [(loss: Double, tokens: Int)] {
    let context = subject.model.shape.context
    let windows = StridedWindows(size: context, stride: max(context / 2, 1))
    return try windows.score(tokens, subject).enumerated().map { row, score in
      guard score.sum.isFinite else {
        throw EvaluationError.notFinite(task: path, file: path, row: row)
      }
      return (score.sum, score.tokens)
    }
  }
}
