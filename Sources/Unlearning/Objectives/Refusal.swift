/// Refusal fine-tuning: (1/n) Σ nll over the n scored tokens of a refusal that stands behind the
/// prompt of each item to be forgotten.
///
/// Source: TOFU's `idk` (arXiv 2401.06121), which reads refusals beside what is to be retained, and
/// RealSafe-R1's supervised refusals. The model says no; what it knows is left in it.
public struct Refusal: Objective {
  /// What plans and reports call it: `refusal`.
  public static let name = "refusal"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []
  /// The refusals.
  public static let answers = AnswerUse.instead

  /// Refusal, which has no settings but its answers.
  public init() {}

  /// The objective, which has no settings but its answers.
  public init(_ values: ObjectiveValues) {}

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    site.mean(batch, times: 1)
  }
}
