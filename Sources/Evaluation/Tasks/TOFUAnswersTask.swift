internal import Settings

/// Questions with answers, as TOFU has them: how likely the answer is, how much of it the model
/// says, and how likely wrong answers are beside it.
///
/// | key | meaning |
/// |---|---|
/// | `items` | JSON lines, as ``AnswerItem`` has them; or a list of files |
/// | `forget` | whether the answers shall be forgotten, which turns what is better; default false |
/// | `limit` | only so many items of each file, the first |
///
/// and the keys of ``AnswerPrompt``. The metrics are ``AnswerMetric/all``.
struct TOFUAnswersTask: SuiteTask {
  static let kind = "tofu-answers"
  static let keys = ["items", "forget", "limit"] + AnswerPrompt.keys

  let name: String
  let inputs: [NamedFile]
  private let forgotten: Bool
  private let limit: Int?
  private let prompt: AnswerPrompt

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try Suite.plainName(try settings.required("name"))
    inputs = try NamedFile.list(try settings.required("items"), folder: folder)
    forgotten = try settings.optional("forget")?.bool() ?? false
    limit = try settings.optional("limit")?.int(in: 1...(1 << 40))
    prompt = try AnswerPrompt(settings)
  }

  func run(
    _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> TaskResult {
    let (files, total) = try AnswerScorer.files(of: inputs, limit: limit)
    let results = try AnswerScorer(task: name, prompt: prompt, subject: subject)
      .results(of: files, progress: progress).flatMap(\.self)
    return TaskResult(
      name: name, kind: TOFUAnswersTask.kind, shots: 0, total: total, limit: limit,
      metrics: AnswerMetric.all.compactMap { $0.over(results, forgotten: forgotten, task: name) },
      items: results.map { .measured($0.item()) })
  }
}
