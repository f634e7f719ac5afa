internal import Foundation
internal import Tensors

/// Cross entropy with the label left out: (1/n) Σ CE(sg softmax(z with z_label = −∞), softmax z)
/// over the n scored tokens; sg stops the gradient.
///
/// Source: CE-U (arXiv 2503.01224). open-unlearning's `ceu.py` skips the first token of each
/// answer; here every scored token counts.
public struct CEU: Objective {
  /// What plans and reports call it: `ceu`.
  public static let name = "ceu"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []

  /// The objective, which has no settings.
  public init() {}

  /// The objective, which has no settings.
  public init(_ values: ObjectiveValues) {}

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    let share = 1 / Double(batch.rows.count)
    let factor = site.weight * share
    return share
      * (try site.overScored(batch) { row in
        let (logits, label) = (row.logits, row.label)
        // Without the label, from its own largest: nothing is lost where the label has nearly all.
        let own = logits[label]
        logits[label] = -.infinity
        let (others, spread) = LogitRow.exponentiate(logits, row.count, weighing: nil)
        // log Σ e^z of the others less their target's mean of z: the target's entropy.
        let entropy = log(others.sum) - spread / others.sum
        // p(label) / (1 − p(label)) = e^(z_label − logSumExp of the others).
        let gap = Double(own) - others.logSumExp
        let chance = Logistic.value(gap)
        LogitRow.combine(logits, times: Float(-factor * chance / others.sum), plus: 0, row.count)
        logits[label] = Float(factor * chance)
        return entropy - Logistic.logarithm(-gap)
      })
  }
}
