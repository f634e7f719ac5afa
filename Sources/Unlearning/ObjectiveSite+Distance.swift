internal import Language
internal import Tensors

extension ObjectiveSite {
  /// mean_b (1/m_b) Σ_m (1/D) |h − target|² over labelled tokens, the mean over layers.
  ///
  /// - Parameter target: `[D]` floats for a layer and a row.
  func squaredDistance(
    _ batch: ObjectiveBatch, layers: [Int],
    _ target: (_ layer: Int, _ row: Int) -> UnsafePointer<Float>?
  ) throws -> Double {
    let width = pass.model.shape.width
    let whole = Double(batch.sequences * width * layers.count)
    let shares = batch.labelled.map { 1 / (whole * Double($0)) }
    return try overLabelled(batch, layers: layers) { layer, row, state, gradient in
      guard let target = target(layer, row) else { preconditionFailure("a target of each row") }
      let share = shares[row / batch.length]
      var sum = 0.0
      for column in 0..<width {
        let difference = Double(state[column]) - Double(target[column])
        sum += difference * difference
        if let gradient { gradient[column] += Float(2 * difference * share * weight) }
      }
      return sum * share
    }
  }
}
