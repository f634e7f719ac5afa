/// −(1/n) Σ nll over the n scored tokens: gradient ascent on what is to be forgotten.
///
/// Unbounded: it is run for few steps, or beside a retain term (gradient difference). Source: TOFU
/// (arXiv 2401.06121) and locuslab/open-unlearning `grad_ascent`, at a rate of 1e-5 for 10 epochs.
public struct GradientAscent: Objective {
  /// What plans and reports call it: `ascent`.
  public static let name = "ascent"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []

  /// Gradient ascent, which has no settings.
  public init() {}

  /// The objective, which has no settings.
  public init(_ values: ObjectiveValues) {}

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    site.mean(batch, times: -1)
  }
}
