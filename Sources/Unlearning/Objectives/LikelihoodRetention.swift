/// (1/n) Σ nll over the n scored tokens of what is to be retained.
///
/// Source: locuslab/open-unlearning `grad_diff` (`NLL`), beside every forget term there.
public struct LikelihoodRetention: Objective {
  /// What plans and reports call it: `retain_nll`.
  public static let name = "retain_nll"
  /// It retains.
  public static let role = ObjectiveRole.retain
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []

  /// The term, which has no settings.
  public init() {}

  /// The objective, which has no settings.
  public init(_ values: ObjectiveValues) {}

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    site.mean(batch, times: 1)
  }
}
