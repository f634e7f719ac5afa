internal import Foundation
internal import Tensors

/// (1/n) Σ KL(softmax z^r ‖ softmax z) over the n scored tokens of what is to be retained.
///
/// Source: open-unlearning `trainer/utils.py` (`KL`). Here the corrected form: the published mean
/// is over all positions, prompts and padding too, so that its weight depends on the padding;
/// MUSE's KLR takes raw logits for log-probabilities.
public struct DivergenceRetention: Objective {
  /// What plans and reports call it: `retain_kl`.
  public static let name = "retain_kl"
  /// It retains.
  public static let role = ObjectiveRole.retain
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It needs the reference's logits.
  public static let needs: ReferenceNeeds = .logits

  /// The term, which has no settings.
  public init() {}

  /// The objective, which has no settings.
  public init(_ values: ObjectiveValues) {}

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    let share = 1 / Double(batch.rows.count)
    let factor = site.weight * share
    return share
      * (try site.overScored(batch, reference: batch.reference.logits) { row in
        let target = row.expected
        // Σ p^r (z^r − z) less the difference of the two log Σ e^z: small beside the logits.
        let (wanted, excess) = LogitRow.exponentiate(target, row.count, weighing: row.logits)
        let own = LogitRow.exponentiate(row.logits, row.count)
        LogitRow.combine(
          row.logits, times: Float(factor / own.sum), plus: target,
          times: Float(-factor / wanted.sum), row.count)
        return excess / wanted.sum - log(wanted.sum / own.sum) - (wanted.largest - own.largest)
      })
  }
}
