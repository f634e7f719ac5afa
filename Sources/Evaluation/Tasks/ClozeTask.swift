internal import Language
internal import Settings

/// Answers that are filled in: how likely the right one is for its length, and where wrong ones are
/// known, whether it is the likeliest.
///
/// | key | meaning |
/// |---|---|
/// | `items` | JSON lines, or a list of files; see ``ClozeItem`` |
/// | `forgotten` | whether less is better, for the model shall forget them; default false |
/// | `limit` | only so many items of each file, the first |
/// | `template`, `start` | see ``QuestionPrompt`` |
///
/// It is the verified cloze of Deep Ignorance (O'Brien et al., 2025): no letters are shown, so a
/// model cannot choose by excluding. `acc_norm` divides by the characters of an answer as lm-eval
/// does.
struct ClozeTask: SuiteTask {
  static let kind = "cloze"
  static let keys = ["items", "forgotten", "limit"] + QuestionPrompt.keys

  let name: String
  let inputs: [NamedFile]
  private let isForgotten: Bool
  private let limit: Int?
  private let prompt: QuestionPrompt

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try Suite.plainName(try settings.required("name"))
    inputs = try NamedFile.list(try settings.required("items"), folder: folder)
    isForgotten = try settings.optional("forgotten")?.bool() ?? false
    limit = try settings.optional("limit")?.int(in: 1...(1 << 40))
    prompt = try QuestionPrompt(settings)
  }

  func run(
    _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> TaskResult {
    var requests: [ContinuationRequest] = []
    var results: [ChoiceResult] = []
    var tokens: [Int] = []
    var total = 0
    for input in inputs {
      let all = try ClozeItem.items(of: input)
      total += all.count
      for (row, item) in all.prefix(limit ?? all.count).enumerated() {
        let own = try prompt.requests(
          item.question, item.answers, subject, task: name, file: input.name, row: row)
        tokens.append(own[item.right].continuation.count)
        requests += own
        results.append(
          ChoiceResult(
            file: input.name, row: row, answer: item.right, logLikelihoods: [],
            characters: item.answers.map(\.unicodeScalars.count),
            bytes: item.answers.map(\.utf8.count),
            isCut: own.contains {
              $0.context.count + $0.continuation.count > subject.model.shape.context + 1
            }))
      }
    }
    let scores = try ContinuationScorer(subject).score(requests) {
      progress?(name, $0, requests.count)
    }
    var rest = scores[...]
    for index in results.indices {
      results[index].logLikelihoods = Array(rest.prefix(results[index].bytes.count))
      rest = rest.dropFirst(results[index].bytes.count)
      guard results[index].logLikelihoods.allSatisfy(\.isFinite) else {
        throw EvaluationError.notFinite(
          task: name, file: results[index].file, row: results[index].row)
      }
    }
    let items = zip(results, tokens).map { item($0, tokens: $1) }
    return TaskResult(
      name: name, kind: ClozeTask.kind, shots: 0, total: total, limit: limit,
      metrics: metrics(items, results), items: items.map { .measured($0) })
  }

  private func item(_ result: ChoiceResult, tokens: Int) -> MeasuredItem {
    let own = result.logLikelihoods[result.answer]
    var values = [
      MeasuredItem.Value("logLikelihood", own), MeasuredItem.Value("tokens", Double(tokens)),
      MeasuredItem.Value("perToken", own / Double(tokens)),
      MeasuredItem.Value("perByte", own / Double(result.bytes[result.answer])),
    ]
    if result.logLikelihoods.count > 1 {
      values += ClozeTask.shares.map {
        MeasuredItem.Value($0.name, $0.isRight(result) ? 1 : 0)
      }
    }
    if result.isCut { values.append(MeasuredItem.Value("cut", 1)) }
    return MeasuredItem(file: result.file, row: result.row, values: values)
  }

  private static let shares = ChoiceMetric.all.filter { $0.name == "acc_norm" }

  private func metrics(_ items: [MeasuredItem], _ results: [ChoiceResult]) -> [MetricValue] {
    let means = [
      ("log_probability_per_token", "perToken"), ("log_probability_per_byte", "perByte"),
    ].map { metric, item in
      MetricValue.mean(
        of: items.compactMap { $0.value(item) }, named: metric, task: name, within: nil,
        higherIsBetter: !isForgotten)
    }
    guard results.allSatisfy({ $0.logLikelihoods.count > 1 }) else { return means }
    return means + ClozeTask.shares.map { $0.over(results, higherIsBetter: !isForgotten) }
  }
}
