internal import Language
internal import Streams

extension ChoiceItems {
  /// Items whose requests stand in memory at a time, where a text of the caller's stands before
  /// each.
  private static let itemsAtOnce = 256

  /// An item as an example of others: the question and its right answer, as they are scored.
  package func example(_ item: Int) -> String {
    let item = questions[item]
    return template.context(item) + " " + template.choices(item)[item.answer]
  }

  /// The most tokens that the model reads for one of an item's choices, with a text before the
  /// question; what does not fit would lose its beginning.
  ///
  /// - Throws: as ``init(path:template:start:limit:for:)``.
  package func tokens(
    of item: Int, behind text: String, for subject: EvaluationSubject
  ) throws -> Int {
    let requests = try ChoiceItems.requests(
      of: questions[item], in: template, behind: text, start, file: path, row: item, for: subject)
    return requests.map { $0.context.count + $0.continuation.count - 1 }.max() ?? 0
  }

  /// Scores the items with a text before each question.
  ///
  /// - Throws: as ``score(_:_:)`` and ``init(path:template:start:limit:for:)``.
  package func score(
    behind text: (_ item: Int) -> String, _ subject: EvaluationSubject
  ) throws -> [ChoiceResult] {
    let scorer = ContinuationScorer(subject)
    var scores: [Double] = []
    for first in stride(from: 0, to: count, by: ChoiceItems.itemsAtOnce) {
      let part = first..<min(first + ChoiceItems.itemsAtOnce, count)
      scores += try scorer.score(
        part.flatMap { item in
          try ChoiceItems.requests(
            of: questions[item], in: template, behind: text(item), start, file: path, row: item,
            for: subject)
        })
    }
    return try ChoiceItems.results(of: [self], scores)[0]
  }

  /// The requests of an item's choices.
  static func requests(
    of item: ChoiceItem, in template: ChoiceTemplate, behind text: String = "", _ start: TextStart,
    file: String, row: Int, for subject: EvaluationSubject
  ) throws -> [ContinuationRequest] {
    let seen = subject.model.shape.context
    return try template.choices(item).enumerated().map { index, choice in
      let request = try subject.request(
        text + template.context(item), " " + choice, start, task: file)
      let own = request.continuation.count
      guard !request.context.isEmpty else { throw EvaluationError.noStart(task: file) }
      guard own > 0, own <= seen else {
        throw EvaluationError.choice(
          file: file, row: row, choice: index, tokens: own, context: seen)
      }
      return request
    }
  }
}
