public import Tensors

/// The parameters of a decoder and where each lies in a block, in the order of the computation.
///
/// The same layout serves weights, gradients and the optimiser's moments.
public struct ParameterLayout: Sendable, Equatable {
  /// One parameter.
  public struct Parameter: Sendable, Equatable {
    /// Its name in a Hugging Face checkpoint.
    public let name: String
    /// Its shape there: `[rows, columns]`, or `[columns]`.
    public let shape: [Int]
    /// Where it lies.
    public let place: BlockPlan.Place
    /// The block that it belongs to; nil for embeddings, the last norm and the output matrix.
    public let layer: Int?
  }

  /// A weight and its bias, by their numbers in ``parameters``.
  struct Layer: Sendable, Equatable {
    var weight: Int
    var bias: Int?
  }

  /// The parameters of one block.
  struct Block: Sendable, Equatable {
    var attentionNorm: Layer
    var projections: [Layer]
    var headNorms: [Layer]
    var attentionOutput: Layer
    var feedForwardNorm: Layer
    var gate: Layer?
    var up: Layer
    var down: Layer
  }

  /// All parameters; one that serves twice (a tied embedding) stands once.
  public private(set) var parameters: [Parameter] = []
  /// Floats of a block of this layout.
  public var count: Int { plan.count }
  private(set) var embedding = 0
  private(set) var positions: Int?
  private(set) var blocks: [Block] = []
  private(set) var finalNorm = Layer(weight: 0)
  /// The number of the output matrix; that of the embedding where both are one.
  public private(set) var head = 0
  private var plan = BlockPlan()

  /// The layout of a decoder.
  public init(_ shape: DecoderShape) {
    let names = shape.names
    let prefix = names.prefix
    embedding = add(prefix + names.embedding, shape.vocabulary, shape.width)
    if let name = names.positions { positions = add(prefix + name, shape.context, shape.width) }
    for layer in 0..<shape.layers { blocks.append(block(layer, shape)) }
    finalNorm = norm(names.finalNorm, prefix, shape.width)
    head = shape.tied ? embedding : add(names.head + ".weight", shape.vocabulary, shape.width)
  }

  /// The number of parameters that a person counts: without what aligning adds.
  public var elements: Int { parameters.reduce(0) { $0 + $1.place.range.count } }

  /// The number of the parameter of this name.
  public func index(of name: String) -> Int? { parameters.firstIndex { $0.name == name } }

  /// Whether the parameter with this number is the weight of a norm.
  public func isNormWeight(_ index: Int) -> Bool {
    index == finalNorm.weight
      || blocks.contains { block in
        index == block.attentionNorm.weight || index == block.feedForwardNorm.weight
          || block.headNorms.contains { $0.weight == index }
      }
  }

  /// Whether the parameter with this number is a matrix whose result is added to the stream.
  public func endsBranch(_ index: Int) -> Bool {
    blocks.contains { index == $0.attentionOutput.weight || index == $0.down.weight }
  }

  private mutating func block(_ layer: Int, _ shape: DecoderShape) -> Block {
    let names = shape.names
    let prefix = "\(names.prefix)\(names.block).\(layer)."
    let (d, f) = (shape.width, shape.inner)
    let (queries, keys) = (shape.heads * shape.headWidth, shape.keyHeads * shape.headWidth)
    let outputs = shape.projection == .separate ? [queries, keys, keys] : [queries + 2 * keys]
    let attentionNorm = norm(names.attentionNorm, prefix, d, layer)
    let projections = zip(names.projections, outputs).map {
      linear($0, prefix, from: d, to: $1, shape, layer)
    }
    let headNorms = names.headNorms.map {
      norm(DecoderNames.Layer($0), prefix, shape.headWidth, layer)
    }
    return Block(
      attentionNorm: attentionNorm, projections: projections, headNorms: headNorms,
      attentionOutput: linear(names.attentionOutput, prefix, from: queries, to: d, shape, layer),
      feedForwardNorm: norm(names.feedForwardNorm, prefix, d, layer),
      gate: names.gate.map { linear($0, prefix, from: d, to: f, shape, layer) },
      up: linear(names.up, prefix, from: d, to: f, shape, layer),
      down: linear(names.down, prefix, from: f, to: d, shape, layer))
  }

  private mutating func norm(
    _ layer: DecoderNames.Layer, _ prefix: String, _ width: Int, _ block: Int? = nil
  ) -> Layer {
    let weight = add("\(prefix)\(layer.name).weight", nil, width, block)
    return Layer(
      weight: weight, bias: layer.bias ? add("\(prefix)\(layer.name).bias", nil, width, block) : nil
    )
  }

  private mutating func linear(
    _ layer: DecoderNames.Layer, _ prefix: String, from inputs: Int, to outputs: Int,
    _ shape: DecoderShape, _ block: Int
  ) -> Layer {
    let (rows, columns) = shape.layout == .outIn ? (outputs, inputs) : (inputs, outputs)
    let weight = add("\(prefix)\(layer.name).weight", rows, columns, block)
    return Layer(
      weight: weight,
      bias: layer.bias ? add("\(prefix)\(layer.name).bias", nil, outputs, block) : nil)
  }

  private mutating func add(
    _ name: String, _ rows: Int?, _ columns: Int, _ layer: Int? = nil
  ) -> Int {
    let place = plan.reserve(rows: rows ?? 1, columns: columns)
    let shape = rows.map { [$0, columns] } ?? [columns]
    parameters.append(Parameter(name: name, shape: shape, place: place, layer: layer))
    return parameters.count - 1
  }
}
