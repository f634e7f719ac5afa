/// The memory that a decoder needs, in bytes; all numbers are Floats.
public struct MemoryDemand: Sendable, Equatable {
  /// The weights.
  public let weights: Int64
  /// Keys and values of one sequence as long as the model can see.
  public let cache: Int64
  /// Weights, gradients and the two moments of AdamW.
  public let training: Int64
  /// What a backward pass needs of one sequence as long as the model can see, but for padding and
  /// the chunk of logits.
  public let activations: Int64

  /// What a decoder of this shape needs.
  public init(_ shape: DecoderShape, _ layout: ParameterLayout) {
    let float = Int64(MemoryLayout<Float>.stride)
    let context = Int64(shape.context)
    weights = Int64(layout.count) * float
    training = 4 * weights
    let keys = Int64(shape.keyHeads * shape.headWidth)
    cache = 2 * keys * Int64(shape.layers) * context * float
    activations =
      (MemoryDemand.kept(shape) * Int64(shape.layers) + MemoryDemand.shared(shape)) * context
      * float
  }

  /// Floats that each block keeps of each row.
  private static func kept(_ shape: DecoderShape) -> Int64 {
    let (width, inner) = (shape.width, shape.inner)
    let (queries, keys) = (shape.heads * shape.headWidth, shape.keyHeads * shape.headWidth)
    let streams = shape.parallel ? 1 : 2
    let projected = queries + 2 * keys
    let raw = shape.headNorm ? queries + keys + shape.heads + shape.keyHeads : 0
    let gate = shape.feedForward == .swiGLU ? inner : 0
    let attention = queries + 2 * shape.heads
    return Int64((streams + 2) * width + 4 + projected + raw + attention + gate + 2 * inner)
  }

  /// Floats of each row that the blocks share: the first stream, the branches, the last norm, and
  /// the gradients that pass through.
  private static func shared(_ shape: DecoderShape) -> Int64 {
    let (queries, keys) = (shape.heads * shape.headWidth, shape.keyHeads * shape.headWidth)
    let gradients = 3 * shape.width + queries + shape.inner + queries + 2 * keys
    return Int64(4 * shape.width + 2 + gradients)
  }
}
