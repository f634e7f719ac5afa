internal import Tensors

/// The memory that a decoder needs, in bytes; all numbers are Floats.
///
/// It is counted with the plans that the passes lay their blocks out by. What is not counted is a
/// tokenizer, and what an operation uses for a moment: below a tenth of the whole.
public struct MemoryDemand: Sendable, Equatable {
  /// The process without a model: code, libraries, the buffers of BLAS, as measured.
  public static let process: Int64 = 28 << 20

  /// The weights.
  public let weights: Int64
  /// Keys and values of one sequence as long as the model can see.
  public let cache: Int64
  /// What reads such a sequence: the activations of a chunk, the rotary table, the newest logits.
  public let reading: Int64
  /// Weights, gradients and the two moments of AdamW.
  public let training: Int64
  /// What a backward pass needs of one sequence as long as the model can see: activations and their
  /// gradients, the rotary table.
  public let activations: Int64
  /// A chunk of logits, and the hidden states that it is made of.
  public let logits: Int64

  /// The peak of a process that continues one sequence to what the model can see.
  public var run: Int64 { MemoryDemand.sum([MemoryDemand.process, weights, cache, reading]) }
  /// The peak of a process that trains on one such sequence at a time.
  public var train: Int64 {
    MemoryDemand.sum([MemoryDemand.process, training, activations, logits])
  }

  /// What a decoder of this shape needs.
  public init(_ shape: DecoderShape, _ layout: ParameterLayout) {
    // Settings of strangers may ask for more than an Int64 holds.
    func bytes(_ floats: Int) -> Int64 {
      let (bytes, overflow) = Int64(floats).multipliedReportingOverflow(by: 4)
      return overflow ? .max : bytes
    }
    weights = bytes(layout.count)
    training = MemoryDemand.sum(Array(repeating: weights, count: 4))
    let context = shape.context
    cache = bytes(2 * shape.keyHeads * shape.headWidth * shape.layers * context)
    var table = 0
    if case .rotary(let width, _, _) = shape.positions { table = width * context }
    let chunk = min(CachedDecoder.chunk, context)
    reading = bytes(
      ActivationPlan(shape, rows: chunk, keeping: .nothing).count + table + shape.vocabulary)
    activations = bytes(
      ActivationPlan(shape, rows: context, keeping: .all).count
        + GradientPlan(shape, rows: context).count + table)
    let rows = min(OutputHead.chunk(vocabulary: shape.vocabulary), context)
    logits = bytes(rows * (shape.vocabulary + 2 * shape.width))
  }

  /// The sum, or the largest number where it is more.
  private static func sum(_ parts: [Int64]) -> Int64 {
    parts.reduce(0) {
      let (sum, overflow) = $0.addingReportingOverflow($1)
      return overflow ? .max : sum
    }
  }
}
