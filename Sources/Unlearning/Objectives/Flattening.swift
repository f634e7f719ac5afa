internal import Tensors

/// (1/n) Σ (max_v z − mean_v z)² over the n scored tokens: logits without a peak.
///
/// Source: the forget term of PDU (arXiv 2506.05314). Here the corrected form: open-unlearning's
/// `pdu.py` lays the mask of unshifted labels on the logits, and so leaves out the prediction of an
/// answer's first token and takes in the one behind its last.
public struct Flattening: Objective {
  /// What plans and reports call it: `flat`.
  public static let name = "flat"
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
    return share
      * (try site.overScored(batch) { row in
        let best = LogitRow.place(ofLargest: row.logits, row.count)
        let vocabulary = Double(row.count)
        let gap = Double(row.logits[best]) - LogitRow.sum(row.logits, row.count) / vocabulary
        let factor = 2 * gap * share * site.weight
        LogitRow.combine(row.logits, times: 0, plus: Float(-factor / vocabulary), row.count)
        row.logits[best] = Float(factor - factor / vocabulary)
        return gap * gap
      })
  }
}
