internal import Foundation
internal import Tensors

extension ObjectiveSite {
  /// −(1/n) Σ w(nll) nll over the n scored tokens, where w is a constant to the gradient.
  func weightedAscent(
    _ batch: ObjectiveBatch, _ tokenWeight: (_ nll: Double) -> Double
  ) throws -> Double {
    let share = 1 / Double(batch.rows.count)
    return -share
      * (try overScored(batch) { row in
        let own = Double(row.logits[row.label])
        let scale = LogitRow.exponentiate(row.logits, row.count)
        // As ``CrossEntropy`` has it: the difference of two near numbers first.
        let nll = log(scale.sum) - (own - scale.largest)
        let tokenWeight = tokenWeight(nll)
        let factor = -weight * share * tokenWeight
        LogitRow.combine(row.logits, times: Float(factor / scale.sum), plus: 0, row.count)
        row.logits[row.label] -= Float(factor)
        return tokenWeight * nll
      })
  }
}
