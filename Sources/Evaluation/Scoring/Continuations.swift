internal import Language
internal import Streams

/// Lets a model go on from prompts, and compares what it says with the truth.
struct Continuations {
  /// Prompts between two reports of progress.
  private static let batch = 64

  /// A prompt and how it goes on in truth.
  struct Question {
    var file: String
    var row: Int
    /// What the model reads.
    var prompt: [Int32]
    /// How it goes on.
    var truth: String
    /// Tokens that the model may say.
    var limit: Int
    /// Texts that end what it says.
    var stops: [String]
  }

  /// How much of the truth a model said. Of the texts nothing is kept but numbers.
  struct Score: Equatable {
    /// Tokens that the model said.
    var tokens: Int
    /// ROUGE-L recall.
    var recall: Double
    /// ROUGE-L F1.
    var f1: Double

    /// The numbers as they stand in results.
    func values(named name: String) -> [MeasuredItem.Value] {
      [
        MeasuredItem.Value("\(name)Tokens", Double(tokens)),
        MeasuredItem.Value("\(name)RougeLRecall", recall),
        MeasuredItem.Value("\(name)RougeLF1", f1),
      ]
    }
  }

  let task: String
  let stemming: Bool

  /// The score of each prompt, in order; what the model says is greedy.
  ///
  /// - Throws: ``EvaluationError`` where a prompt leaves no room for what may be said, or is empty;
  ///   `ModelInputError`, `GenerationError`, `InterruptedError`.
  func scores(
    of questions: [Question], _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> [Score] {
    let ends = subject.model.source?.configuration.endTokens ?? []
    let generator = Generator(
      subject.model, tokenizer: subject.tokenizer, on: subject.workers)
    let requests = try questions.map { question in
      let context = subject.model.shape.context
      guard !question.prompt.isEmpty else { throw EvaluationError.noStart(task: task) }
      guard question.prompt.count + question.limit <= context + 1 else {
        throw EvaluationError.item(
          file: question.file, row: question.row,
          why: "\(question.prompt.count) tokens and \(question.limit) to generate, but the model "
            + "sees \(context); give fewer shots, or generate fewer")
      }
      return Generator.Request(
        question.prompt, limit: question.limit, stops: ends.map { [$0] },
        stopTexts: question.stops)
    }
    var scores: [Score] = []
    for first in stride(from: 0, to: requests.count, by: Continuations.batch) {
      let part = first..<min(first + Continuations.batch, requests.count)
      let answers = try generator.generate(
        Array(requests[part]),
        onToken: { _, _ in
          if Interruption.isRequested { throw InterruptedError(resumes: false) }
          return true
        })
      for (question, answer) in zip(questions[part], answers) {
        let said = String(decoding: answer.text ?? [], as: UTF8.self)
        let rouge = Rouge.l(candidate: said, reference: question.truth, stemming: stemming)
        scores.append(Score(tokens: answer.tokens.count, recall: rouge.recall, f1: rouge.f1))
      }
      progress?(task, part.upperBound, requests.count)
    }
    return scores
  }
}
