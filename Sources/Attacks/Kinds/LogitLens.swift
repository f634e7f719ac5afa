internal import Evaluation
internal import Settings

/// What the model would say if it ended behind each block: its own last norm and output matrix read
/// the residual stream (nostalgebraist, "interpreting GPT: the logit lens", 2020). Unlearning that
/// only the last blocks carry shows as facts that are there half-way and gone at the end.
///
/// It has no keys. A choice is scored by the sum of its tokens' log-probabilities behind the
/// question, as always; a point for each block, from 0. The last one is the model's own answer.
struct LogitLens: Attack {
  static let kind = "logit-lens"
  static let keys: [String] = []

  let name: String
  let trials = [AttackTrial.once]

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try settings.required("name").string()
  }

  func run(_ trial: AttackTrial, on subject: AttackSubject) throws -> AttackCurve {
    let sets = subject.meter.sets
    let blocks = try ChoiceItems.scoreByBlock(sets.map(\.items), subject.evaluated)
    return AttackCurve(
      .layer,
      blocks.enumerated().map { block, results in
        AttackCurve.Point(at: block, zip(sets, results).map { SetScore($0.set, of: $1) })
      })
  }
}
