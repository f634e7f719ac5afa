internal import Corpus
internal import Language
public import Streams

/// The items of a file of multiple-choice questions, encoded once and scored often: what a run
/// measures itself by again and again.
///
/// They are scored as a `multiple-choice` task without examples scores them.
public struct ChoiceItems: Sendable {
  /// The file.
  public let path: String
  /// The digest of each item's question and right answer as one text, as `FoldedText` has it: equal
  /// for items that ask for the same fact in the same words.
  public let keys: [Digest256]
  /// How many tokens each item's right choice has.
  public let answerTokens: [Int]
  /// What the questions say.
  let questions: [ChoiceItem]
  /// How they are written.
  let template: ChoiceTemplate
  /// What stands before a question.
  let start: TextStart
  /// The results, without log-likelihoods.
  let items: [ChoiceResult]
  /// What is scored: the choices of each item, one behind the other.
  let requests: [ContinuationRequest]

  /// How many items there are.
  public var count: Int { items.count }

  /// The tokens of the longest sequence that the model reads, and the most rows that it computes at
  /// one time, about.
  public var size: (length: Int, rows: Int) {
    let lengths = requests.map { $0.context.count + $0.continuation.count - 1 }
    return ContinuationScorer.size(ofBatches: lengths)
  }

  /// Reads and encodes the items of a file.
  ///
  /// - Parameters:
  ///   - template: with `{question}`, as a suite's; nil for lm-eval's usual one.
  ///   - start: what stands before a question.
  ///   - limit: only so many items, the first; nil for all.
  /// - Throws: ``EvaluationError`` where a row is no item or does not fit the model, `StreamsError`
  ///   for the file.
  public init(
    path: String, template: String? = nil, start: TextStart = .tokenizer, limit: Int? = nil,
    for subject: EvaluationSubject
  ) throws {
    let text = template ?? ChoiceTemplate.standard(.text)
    guard let template = ChoiceTemplate(text, form: .text) else {
      throw EvaluationError.template(text)
    }
    var results: [ChoiceResult] = []
    var requests: [ContinuationRequest] = []
    var keys: [Digest256] = []
    var answerTokens: [Int] = []
    let seen = subject.model.shape.context
    let all = try ChoiceItem.items(of: NamedFile(name: path, path: path))
    let questions = Array(all.prefix(limit ?? all.count))
    for (row, item) in questions.enumerated() {
      keys.append(
        FoldedText.digest(Array("\(item.question) \(item.choices[item.answer])".utf8)))
      let choices = template.choices(item)
      let own = try ChoiceItems.requests(
        of: item, in: template, start, file: path, row: row, for: subject)
      answerTokens.append(own[item.answer].continuation.count)
      requests += own
      results.append(
        ChoiceResult(
          file: path, row: row, answer: item.answer, logLikelihoods: [],
          characters: choices.map(\.unicodeScalars.count), bytes: choices.map(\.utf8.count),
          isCut: own.contains { $0.context.count + $0.continuation.count > seen + 1 }))
    }
    self.questions = questions
    self.template = template
    self.start = start
    self.path = path
    self.keys = keys
    self.answerTokens = answerTokens
    self.items = results
    self.requests = requests
  }

  /// Scores the items of several files together, which makes fuller batches than one after another;
  /// questions that several of them ask are read once.
  ///
  /// - Returns: the results of each, in order.
  /// - Throws: ``EvaluationError`` (notFinite), `ModelInputError` where tokenizer and model do not
  ///   fit, `InterruptedError`.
  public static func score(
    _ sets: [ChoiceItems], _ subject: EvaluationSubject
  ) throws -> [[ChoiceResult]] {
    try results(of: sets, ContinuationScorer(subject).score(sets.flatMap(\.requests)))
  }

  /// The results of several files, whose choices have these log-likelihoods.
  ///
  /// - Throws: ``EvaluationError`` (notFinite).
  static func results(of sets: [ChoiceItems], _ scores: [Double]) throws -> [[ChoiceResult]] {
    var first = 0
    return try sets.map { set in
      try set.items.map { item in
        var item = item
        let count = item.characters.count
        item.logLikelihoods = Array(scores[first..<(first + count)])
        first += count
        guard item.logLikelihoods.allSatisfy(\.isFinite) else {
          throw EvaluationError.notFinite(task: set.path, file: item.file, row: item.row)
        }
        return item
      }
    }
  }
}
