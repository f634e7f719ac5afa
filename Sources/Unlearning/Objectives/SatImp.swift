internal import Foundation
internal import Tensors

/// Saturation and importance: −(1/n) Σ sg(p)^β₁ (1 − sg p)^β₂ nll over the n scored tokens, p the
/// label's chance; sg stops the gradient.
///
/// Source: Yang et al. 2025 (arXiv 2505.11953), open-unlearning `satimp.py` (5 epochs). Its
/// coefficients of the forget and retain terms contradict each other (0.1 and 1 in the settings, 1
/// and 0.1 in the class); they are the plan's here.
public struct SatImp: Objective {
  /// What plans and reports call it: `satimp`.
  public static let name = "satimp"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []

  /// β₁, the power of the chance (saturation): 5 in open-unlearning.
  public let saturation: Double
  /// β₂, the power of its complement (importance): 1 in open-unlearning.
  public let importance: Double

  /// The objective.
  ///
  /// - Precondition: both powers are at least 0.
  public init(saturation: Double = 5, importance: Double = 1) {
    precondition(saturation >= 0 && importance >= 0, "powers of a chance")
    (self.saturation, self.importance) = (saturation, importance)
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("saturation", .number(0...1e6, usual: 5)),
    ObjectiveSetting("importance", .number(0...1e6, usual: 1)),
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(
      saturation: values.number("saturation"), importance: values.number("importance"))
  }

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    try site.weightedAscent(batch) { nll in
      // 1 − p by expm1: where p is nearly 1 nothing is lost.
      exp(-saturation * nll) * pow(max(-expm1(-nll), 0), importance)
    }
  }
}
