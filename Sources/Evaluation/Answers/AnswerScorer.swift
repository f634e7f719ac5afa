internal import Language
internal import Streams

/// Lets a model judge and answer questions.
struct AnswerScorer {
  /// Questions that are answered before progress is told.
  private static let batch = 64

  let task: String
  let prompt: AnswerPrompt
  let subject: EvaluationSubject

  /// A file with its items.
  struct File {
    var name: String
    var items: [AnswerItem]
  }

  /// The files with their items, and how many they hold.
  ///
  /// - Parameter limit: only so many items of each, the first; nil for all.
  /// - Throws: ``EvaluationError`` where a row is no item, `StreamsError` for a file.
  static func files(
    of inputs: [NamedFile], limit: Int?
  ) throws -> (files: [File], total: Int) {
    var total = 0
    let files = try inputs.map { input in
      let (items, all) = try AnswerItem.items(of: input, limit: limit)
      total += all
      return File(name: input.name, items: items)
    }
    return (files, total)
  }

  /// The result of every item of some files, in order.
  ///
  /// All answers of a question are scored behind it, as continuations of one context. What the
  /// model answers is greedy and ends with an end token, or where it may answer or see no more.
  ///
  /// - Parameter progress: gets how many answers are scored or given.
  /// - Throws: ``EvaluationError`` where an item does not fit the model, `ModelInputError` where
  ///   tokenizer and model do not, `GenerationError`, `InterruptedError`.
  func results(of files: [File], progress: EvaluationProgress?) throws -> [[AnswerResult]] {
    var requests: [ContinuationRequest] = []
    var contexts: [[Int32]] = []
    for file in files {
      for (row, item) in file.items.enumerated() {
        let own = try prompt.requests(of: item, subject, task: task, file: file.name, row: row)
        contexts.append(own[0].context)
        requests += own
      }
    }
    let all = requests.count + contexts.count
    let scores = try ContinuationScorer(subject).score(requests) { progress?(task, $0, all) }
    let answers = try answers(to: contexts) { progress?(task, requests.count + $0, all) }
    var (request, question) = (0, 0)
    return try files.map { file in
      try file.items.enumerated().map { row, item in
        let losses = (request..<(request + item.answers.count)).map {
          -scores[$0] / Double(requests[$0].continuation.count)
        }
        guard losses.allSatisfy(\.isFinite) else {
          throw EvaluationError.notFinite(task: task, file: file.name, row: row)
        }
        let hasOther = item.paraphrased != nil
        var result = AnswerResult(
          file: file.name, row: row, tokens: requests[request].continuation.count,
          loss: losses[0], paraphrasedLoss: hasOther ? losses[1] : nil,
          perturbedLosses: Array(losses.dropFirst(hasOther ? 2 : 1)))
        let answer = answers[question]
        let rouge = Rouge.l(candidate: answer.text, reference: item.answer)
        result.answered = answer.tokens
        result.rouge1Recall = Rouge.one(candidate: answer.text, reference: item.answer).recall
        (result.rougeLRecall, result.rougeLF1) = (rouge.recall, rouge.f1)
        request += item.answers.count
        question += 1
        return result
      }
    }
  }

  /// What the model answers, and in how many tokens.
  private func answers(
    to contexts: [[Int32]], progress: (Int) -> Void
  ) throws -> [(text: String, tokens: Int)] {
    let ends = try prompt.endTokens(subject, task: task)
    let generator = Generator(subject.model, on: subject.workers)
    var answers: [(text: String, tokens: Int)] = []
    for first in stride(from: 0, to: contexts.count, by: AnswerScorer.batch) {
      let part = contexts[first..<min(first + AnswerScorer.batch, contexts.count)]
      let given = try generator.generate(
        part.map { Generator.Request($0, limit: prompt.limit, stops: ends.map { [$0] }) },
        onToken: { _, _ in
          if Interruption.isRequested { throw InterruptedError(resumes: false) }
          return true
        })
      for answer in given {
        let text = answer.tokens.dropLast(answer.ending == .stop ? 1 : 0)
        let bytes = subject.tokenizer.decode(Array(text), skippingSpecial: true)
        answers.append((String(decoding: bytes, as: UTF8.self), answer.tokens.count))
      }
      progress(answers.count)
    }
    return answers
  }
}
