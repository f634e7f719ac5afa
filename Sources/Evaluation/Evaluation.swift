internal import Evidence
public import Language
public import Streams

/// What a model scored on a suite.
public struct Evaluation: Sendable {
  /// The suite.
  public let suite: Suite
  /// The results of its tasks, in its order.
  public let tasks: [TaskResult]
  /// The template that questions were written with; nil for plain text.
  public let chat: ChatTemplate?

  /// Carries out every task of a suite.
  ///
  /// The numbers do not depend on the number of workers.
  ///
  /// - Parameter progress: gets the items that are done, from time to time.
  /// - Throws: what the tasks throw; see ``SuiteTask/run(_:progress:)``.
  public init(
    of subject: EvaluationSubject, on suite: Suite, progress: EvaluationProgress? = nil
  ) throws {
    self.suite = suite
    chat = subject.chat
    tasks = try suite.tasks.map { try $0.run(subject, progress: progress) }
  }

  /// The SHA-256 of every item's result, as they stand in ``json(of:items:)``.
  public var itemsDigest: Digest256 {
    var text = JSONText()
    text.array { text in
      for task in tasks { Evaluation.write(task.items, to: &text) }
    }
    return Digest256(hashing: text.bytes)
  }

  /// The results as one JSON object.
  ///
  /// - Parameters:
  ///   - model: what the model is called.
  ///   - items: with the result of each item.
  ///   - digest: by which a ledger knows the evaluation; nil where none does.
  public func json(
    of model: String, items: Bool, recordedAs digest: Digest256? = nil
  ) -> JSONText {
    var text = JSONText()
    text.object { text in
      text.member("model", model)
      if let digest { text.member("evaluation", digest.hex) }
      text.object("suite") { text in
        text.member("name", suite.name)
        text.member("version", suite.version)
        text.member("sha256", suite.sha256.hex)
      }
      if let chat { text.member("chat", chat.rawValue) }
      text.array("tasks") { text in
        for task in tasks {
          text.object { text in
            text.member("name", task.name)
            text.member("kind", task.kind)
            if task.kind == MultipleChoiceTask.kind { text.member("shots", task.shots) }
            text.object("metrics") { text in
              for metric in task.metrics { Evaluation.write(metric, to: &text) }
            }
            text.member("count", task.items.count)
            text.member("total", task.total)
            if task.kind == MultipleChoiceTask.kind { text.member("cut", task.cut) }
            if items {
              text.name("items")
              Evaluation.write(task.items, to: &text)
            }
          }
        }
      }
    }
    return text
  }

  private static func write(_ metric: MetricValue, to text: inout JSONText) {
    text.object(metric.name) { text in
      text.member("value", metric.value)
      if let error = metric.standardError { text.member("standardError", error) }
      metric.interval?.write(to: &text)
      text.member("count", metric.count)
      text.member("best", metric.best.rawValue)
      // Where 0 is best, neither true nor false is.
      text.name("higherIsBetter")
      if metric.best == .zero {
        text.value(nil as String?)
      } else {
        text.value(metric.higherIsBetter)
      }
    }
  }

  private static func write(_ items: [ItemResult], to text: inout JSONText) {
    text.array { text in
      for item in items {
        text.object { text in
          switch item {
          case .text(let result): write(result, to: &text)
          case .choice(let result): write(result, to: &text)
          case .measured(let item):
            text.member("file", item.file)
            text.member("row", item.row)
            if let part = item.part { text.member("part", part) }
            for value in item.values { text.member(value.name, value.value) }
          }
        }
      }
    }
  }

  private static func write(_ result: TextResult, to text: inout JSONText) {
    text.member("file", result.file)
    text.member("row", result.row)
    text.member("negativeLogLikelihood", result.negativeLogLikelihood)
    text.member("tokens", result.tokens)
    text.member("bytes", result.bytes)
    text.member("words", result.words)
  }

  private static func write(_ result: ChoiceResult, to text: inout JSONText) {
    text.member("file", result.file)
    text.member("row", result.row)
    text.member("answer", result.answer)
    text.member("choice", result.choice)
    text.array("logLikelihoods") { text in
      for value in result.logLikelihoods { text.value(value) }
    }
    for metric in ChoiceMetric.all { text.member(metric.name, metric.isRight(result)) }
    if result.isCut { text.member("cut", true) }
  }
}
