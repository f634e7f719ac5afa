internal import Streams
public import Tensors

/// A low-rank adapter of a model (LoRA, Hu et al. 2021; in the form of PEFT): two small matrices
/// beside the weight of each layer that it targets.
///
/// While a model has one (``LanguageModel/adapter``), every pass computes with it.
public final class LowRankAdapter: @unchecked Sendable {
  /// What an adapter is made of.
  public struct Settings: Sendable, Equatable {
    /// r.
    public let rank: Int
    /// α: what is added is multiplied by α / r.
    public let alpha: Double
    /// The layers: the last part of their names, such as `q_proj`, or more of it.
    public let targets: [String]

    /// An adapter's settings.
    ///
    /// - Precondition: the rank and α are positive, and there is a target.
    public init(rank: Int, alpha: Double, targets: [String]) {
      precondition(rank > 0 && alpha > 0 && !targets.isEmpty, "an adapter of something")
      self.rank = rank
      self.alpha = alpha
      self.targets = targets
    }

    /// How many parameters an adapter of these settings has beside a model.
    ///
    /// - Throws: ``ModelInputError/target(_:)`` for a target that is no layer of a block.
    public func elements(of layout: ParameterLayout, shape: DecoderShape) throws -> Int {
      try LowRankAdapter(self, layout: layout, orientation: shape.layout).elements
    }

    /// Whether a module is a target: its name, or the end of it behind a full stop, as PEFT has it.
    func matches(_ module: String) -> Bool {
      targets.contains { module == $0 || module.hasSuffix(".\($0)") }
    }
  }

  /// The two matrices of one layer.
  public struct Layer: Sendable, Equatable {
    /// The module's name, without `.weight`.
    public let module: String
    /// The block that it belongs to.
    public let block: Int
    /// The number of the weight that it goes beside.
    public let weight: Int
    /// A `[r, in]`.
    public let down: BlockPlan.Place
    /// B `[out, r]`.
    public let up: BlockPlan.Place
  }

  /// What it is made of.
  public let settings: Settings
  /// Its layers, in the order of the computation.
  public let layers: [Layer]
  /// All matrices.
  public let weights: FloatBlock
  private let byWeight: [Int?]

  /// An adapter of zeros beside a model, which changes nothing.
  ///
  /// - Throws: ``ModelInputError/target(_:)`` for a target that is no layer of a block, or
  ///   `TensorsError` where there is no memory for it.
  public convenience init(_ settings: Settings, for model: LanguageModel) throws {
    try self.init(settings, layout: model.layout, orientation: model.shape.layout)
  }

  init(_ settings: Settings, layout: ParameterLayout, orientation: Linear.Layout) throws {
    self.settings = settings
    var plan = BlockPlan()
    var layers: [Layer] = []
    for (index, parameter) in layout.parameters.enumerated() {
      guard let block = parameter.layer, parameter.shape.count == 2,
        parameter.name.hasSuffix(".weight")
      else { continue }
      let module = String(parameter.name.dropLast(".weight".count))
      guard settings.matches(module) else { continue }
      let (rows, columns) = (parameter.shape[0], parameter.shape[1])
      let (outputs, inputs) = orientation == .outIn ? (rows, columns) : (columns, rows)
      layers.append(
        Layer(
          module: module, block: block, weight: index,
          down: plan.reserve(rows: settings.rank, columns: inputs),
          up: plan.reserve(rows: outputs, columns: settings.rank)))
    }
    for target in settings.targets {
      let alone = Settings(rank: 1, alpha: 1, targets: [target])
      guard layers.contains(where: { alone.matches($0.module) }) else {
        throw ModelInputError.target(target)
      }
    }
    self.layers = layers
    weights = try FloatBlock(count: plan.count)
    var byWeight: [Int?] = Array(repeating: nil, count: layout.parameters.count)
    for (number, layer) in layers.enumerated() { byWeight[layer.weight] = number }
    self.byWeight = byWeight
  }

  /// α / r.
  public var scale: Float { Float(settings.alpha / Double(settings.rank)) }

  /// Parameters that are trained.
  public var elements: Int {
    layers.reduce(0) { $0 + $1.down.range.count + $1.up.range.count }
  }

  /// The floats of the matrices, without what aligning adds.
  public var ranges: [Range<Int>] { layers.flatMap { [$0.down.range, $0.up.range] } }

  /// The lowest block that has a layer.
  var lowestBlock: Int { layers.map(\.block).min() ?? 0 }

  /// The matrices beside a weight; nil where it is no target.
  func layer(besideWeight index: Int) -> LowRank? {
    byWeight[index].map { number in
      LowRank(
        down: weights.matrix(layers[number].down), up: weights.matrix(layers[number].up),
        scale: scale)
    }
  }

  /// Views of the matrices beside a weight in a block of the adapter's plan.
  func views(besideWeight index: Int, in block: FloatBlock) -> (down: MatrixView, up: MatrixView)? {
    precondition(block.count == weights.count, "a block of the adapter's plan")
    return byWeight[index].map { number in
      (block.matrix(layers[number].down), block.matrix(layers[number].up))
    }
  }
}

extension LanguageModel {
  /// Adds what its adapter adds to the weights themselves, and lets it go.
  public func mergeAdapter(on workers: Workers) {
    guard let adapter else { return }
    for layer in adapter.layers {
      adapter.layer(besideWeight: layer.weight)?.merge(
        into: weight(layer.weight), layout: shape.layout, on: workers)
    }
    self.adapter = nil
  }
}
