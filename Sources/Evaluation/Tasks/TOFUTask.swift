internal import Evidence
internal import Settings

/// The whole of TOFU: what of the forget set is left, and what the model can still do, as
/// open-unlearning measures it.
///
/// | key | meaning |
/// |---|---|
/// | `forget`, `retain`, `real_authors`, `world_facts` | TOFU's files with wrong answers |
/// | `reference` | the log of a model that never saw the forget set (``TruthRatioLog``) |
/// | `limit` | only so many items of each file, the first |
///
/// and the keys of ``AnswerPrompt``. Each part has the metrics of ``AnswerMetric/all``; over them
/// stand ``NineMeans`` and, beside a reference, the forget quality.
struct TOFUTask: SuiteTask {
  static let kind = "tofu"
  static let keys = TOFUPart.allCases.map(\.rawValue) + ["reference", "limit"] + AnswerPrompt.keys

  let name: String
  private let files: [NamedFile]
  private let reference: NamedFile?
  private let limit: Int?
  private let prompt: AnswerPrompt

  var inputs: [NamedFile] { files + (reference.map { [$0] } ?? []) }

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try Suite.plainName(try settings.required("name"))
    files = try TOFUPart.allCases.map {
      try NamedFile(try settings.required($0.rawValue), folder: folder)
    }
    reference = try settings.optional("reference").map { try NamedFile($0, folder: folder) }
    limit = try settings.optional("limit")?.int(in: 1...(1 << 40))
    prompt = try AnswerPrompt(settings)
  }

  func run(
    _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> TaskResult {
    let (asked, total) = try AnswerScorer.files(of: files, limit: limit)
    for file in asked where file.items[0].perturbed.isEmpty {
      throw EvaluationError.item(
        file: file.name, row: 0,
        why: "`perturbed_answer` is missing; take the file whose name ends in `_perturbed`")
    }
    // Before the work: a log that cannot be read is told at once.
    let other = try reference.map {
      try TruthRatioLog(of: $0, task: name).ratios(count: asked[0].items.count)
    }
    let results = try AnswerScorer(task: name, prompt: prompt, subject: subject)
      .results(of: asked, progress: progress)
    let parts = Array(zip(TOFUPart.allCases, results))
    var metrics = parts.flatMap { part, results in
      AnswerMetric.all.compactMap {
        $0.over(results, forgotten: part == .forget, task: name, part: part.rawValue)
      }
    }
    let interval = NineMeans.interval(of: parts, task: name)
    if let utility = NineMeans.over(metrics, interval: interval) { metrics.append(utility) }
    if let other { metrics += ForgetQuality.metrics(results[0].compactMap(\.truthRatio), other) }
    return TaskResult(
      name: name, kind: TOFUTask.kind, shots: 0, total: total, limit: limit, metrics: metrics,
      items: parts.flatMap { part, results in
        results.map { .measured($0.item(part: part.rawValue)) }
      })
  }
}
