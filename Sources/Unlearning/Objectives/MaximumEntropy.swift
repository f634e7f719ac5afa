internal import Foundation
internal import Tensors

/// (1/n) Σ KL(uniform ‖ softmax z) = (1/n) Σ [−(1/V) Σ_v log softmax(z)_v − log V] over the n
/// scored tokens: no token more likely than another.
///
/// Source: the maximum-entropy loss of "Distillation robustifies unlearning" (AddieFoote,
/// `maxent.py`: rate 2e-5, 90 steps), with scored tokens alone in the mean.
public struct MaximumEntropy: Objective {
  /// What plans and reports call it: `entropy`.
  public static let name = "entropy"
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
    let factor = share * site.weight
    return share
      * (try site.overScored(batch) { row in
        let vocabulary = Double(row.count)
        let mean = LogitRow.sum(row.logits, row.count) / vocabulary
        let scale = LogitRow.exponentiate(row.logits, row.count)
        LogitRow.combine(
          row.logits, times: Float(factor / scale.sum), plus: Float(-factor / vocabulary), row.count
        )
        return scale.logSumExp - mean - log(vocabulary)
      })
  }
}
