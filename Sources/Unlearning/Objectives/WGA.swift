internal import Foundation
internal import Tensors

/// Weighted gradient ascent: −(1/n) Σ sg(p)^β nll over the n scored tokens, p the label's chance;
/// sg stops the gradient. Tokens that are forgotten already weigh less.
///
/// Source: Wang et al. 2025 (arXiv 2502.19301), open-unlearning `wga` (5 epochs; it copies a
/// reference model that it never uses).
public struct WGA: Objective {
  /// What plans and reports call it: `wga`.
  public static let name = "wga"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []

  /// β, the power of the chance: 1 in open-unlearning.
  public let beta: Double

  /// The objective.
  ///
  /// - Precondition: β is at least 0.
  public init(beta: Double = 1) {
    precondition(beta >= 0, "a power of the chance")
    self.beta = beta
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("beta", .number(0...1e6, usual: 1))
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(beta: values.number("beta"))
  }

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    try site.weightedAscent(batch) { nll in exp(-beta * nll) }
  }
}
