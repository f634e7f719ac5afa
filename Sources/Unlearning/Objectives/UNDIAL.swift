internal import Tensors

/// Self-distillation to adjusted logits: (1/n) Σ CE(softmax(z^r − β onehot(label)), softmax z) over
/// the n scored tokens.
///
/// Source: Dong et al. 2024 (arXiv 2402.10052). Here the corrected form: open-unlearning's
/// `compute_undial_loss` takes the mean over all positions, and where a label is masked its −100
/// indexes the vocabulary from behind, so that an arbitrary token is suppressed there.
public struct UNDIAL: Objective {
  /// What plans and reports call it: `undial`.
  public static let name = "undial"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It needs the reference's logits.
  public static let needs: ReferenceNeeds = .logits

  /// β, what the label's logit is lowered by: 10 in open-unlearning (rate 1e-4, no retain term).
  public let beta: Double

  /// The objective.
  ///
  /// - Precondition: β is at least 0.
  public init(beta: Double = 10) {
    precondition(beta >= 0, "a logit is lowered")
    self.beta = beta
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("beta", .number(0...1e6, usual: 10))
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(beta: values.number("beta"))
  }

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    let share = 1 / Double(batch.rows.count)
    let factor = site.weight * share
    return share
      * (try site.overScored(batch, reference: batch.reference.logits) { row in
        let target = row.expected
        target[row.label] -= Float(beta)
        let wanted = LogitRow.exponentiate(target, row.count)
        let mean = LogitRow.dot(target, row.logits, row.count) / wanted.sum
        let own = LogitRow.exponentiate(row.logits, row.count)
        LogitRow.combine(
          row.logits, times: Float(factor / own.sum), plus: target,
          times: Float(-factor / wanted.sum), row.count)
        return own.logSumExp - mean
      })
  }
}
