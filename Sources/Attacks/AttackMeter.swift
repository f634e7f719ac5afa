public import Evaluation

/// The sets of items that attacked models are measured with, encoded once.
public struct AttackMeter: Sendable {
  /// A set of items.
  public struct Items: Sendable {
    /// Which one it is.
    public let set: MeasuredSet
    /// The file, as the plan names it.
    public let file: NamedFile
    /// How a question is written; nil for the usual way of a suite.
    public let template: String?
    /// The items.
    public let items: ChoiceItems
  }

  /// The sets, in the order of ``MeasuredSet``.
  public let sets: [Items]

  /// Reads and encodes the items of a plan's sets.
  ///
  /// - Throws: `EvaluationError` where a row is no item or does not fit the model, `StreamsError`
  ///   for a file.
  init(_ sets: [AttackPlan.Items], for subject: EvaluationSubject) throws {
    self.sets = try sets.map { set in
      Items(
        set: set.set, file: set.file, template: set.template,
        items: try ChoiceItems(
          path: set.file.path, template: set.template, limit: set.limit, for: subject))
    }
  }

  /// The items of a set; nil where the plan has none.
  public func items(_ set: MeasuredSet) -> Items? { sets.first { $0.set == set } }

  /// How many items of each set a model answers right.
  ///
  /// - Throws: `EvaluationError` (notFinite) where the model computes no numbers, `ModelInputError`
  ///   where tokenizer and model do not fit, `InterruptedError`.
  public func scores(_ subject: EvaluationSubject) throws -> [SetScore] {
    let results = try ChoiceItems.score(sets.map(\.items), subject)
    return zip(sets, results).map { SetScore($0.set, of: $1) }
  }
}

extension SetScore {
  /// How many of these items are right.
  init(_ set: MeasuredSet, of results: [ChoiceResult]) {
    self.init(set, right: results.count { $0.choice == $0.answer }, of: results.count)
  }
}
