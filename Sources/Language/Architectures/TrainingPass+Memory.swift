internal import Tensors

extension TrainingPass {
  /// Floats that a pass for gradients makes room for.
  ///
  /// - Parameter rows: B·T.
  public static func floats(_ shape: DecoderShape, rows: Int, recomputing: Bool) -> Int {
    ActivationPlan(shape, rows: rows, keeping: recomputing ? .streams : .all).count
      + GradientPlan(shape, rows: rows).count
  }

  /// Floats that a pass for values makes room for.
  ///
  /// - Parameter rows: B·T.
  public static func valueFloats(_ shape: DecoderShape, rows: Int) -> Int {
    ActivationPlan(shape, rows: rows, keeping: .nothing).count
  }

  /// Floats that operations use and forget, about: the logits of a chunk, sums over rows, scores.
  ///
  /// - Parameters:
  ///   - rows: B·T.
  ///   - length: T.
  public static func scratchFloats(
    _ shape: DecoderShape, rows: Int, length: Int, workers: Int
  ) -> Int {
    let chunk = min(rows, OutputHead.chunk(vocabulary: shape.vocabulary))
    let widest = max(shape.inner, shape.width, 3 * shape.heads * shape.headWidth)
    let logits = chunk * (shape.vocabulary + 2 * shape.width)
    // Attention: keys and values in its own order, gradients of both, two blocks of scores.
    let attention = (5 * shape.headWidth + 128) * (length + 64)
    return (logits + 64 * widest + workers * attention) * 5 / 4
  }
}
