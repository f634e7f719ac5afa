public import Tensors

/// A decoder and its weights, which training and generation share.
public final class LanguageModel: @unchecked Sendable {
  /// What it is made of.
  public let shape: DecoderShape
  /// Where its parameters lie.
  public let layout: ParameterLayout
  /// Its weights. Whoever changes them sees to it that nobody computes with them meanwhile.
  public let weights: FloatBlock
  /// What is computed beside the weights; nil for nothing.
  public var adapter: LowRankAdapter?
  /// Where it came from; nil for a model that was made here.
  public let source: CheckpointSource?

  /// A model of weights that are all zero.
  ///
  /// - Throws: `TensorsError` where there is no memory for it.
  public convenience init(_ shape: DecoderShape) throws(TensorsError) {
    let layout = ParameterLayout(shape)
    self.init(shape, layout, try FloatBlock(count: layout.count), source: nil)
  }

  init(
    _ shape: DecoderShape, _ layout: ParameterLayout, _ weights: FloatBlock,
    source: CheckpointSource?
  ) {
    precondition(weights.count == layout.count, "weights of this layout")
    self.shape = shape
    self.layout = layout
    self.weights = weights
    self.source = source
  }

  /// The output matrix `[V, D]` (tied to the embedding or not), which makes logits in chunks.
  public var head: OutputHead {
    OutputHead(weight: weights.matrix(layout.parameters[layout.head].place))
  }

  /// A weight of the block `[rows, columns]`, by the number of its parameter.
  func weight(_ index: Int) -> MatrixView { weights.matrix(layout.parameters[index].place) }

  /// The weight and the bias of a layer.
  func views(_ layer: ParameterLayout.Layer) -> (weight: MatrixView, bias: MatrixView?) {
    (weight(layer.weight), layer.bias.map(weight))
  }

  /// Checks tokens before anything is computed with them.
  ///
  /// - Parameters:
  ///   - tokens: numbers below V.
  ///   - length: tokens of one sequence.
  /// - Throws: ``ModelInputError``.
  public func check(_ tokens: [Int32], length: Int) throws(ModelInputError) {
    guard !tokens.isEmpty else { throw .empty }
    guard length <= shape.context else { throw .tooLong(length: length, context: shape.context) }
    for token in tokens where token < 0 || Int(token) >= shape.vocabulary {
      throw .token(token, vocabulary: shape.vocabulary)
    }
  }
}
