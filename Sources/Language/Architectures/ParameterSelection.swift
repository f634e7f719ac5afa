internal import Tensors

/// Which parameters are trained. The others are frozen: no time is spent on their gradients.
public struct ParameterSelection: Sendable, Equatable {
  private var chosen: [Bool]?

  /// All parameters.
  public static let all = ParameterSelection(chosen: nil)

  private init(chosen: [Bool]?) { self.chosen = chosen }

  /// The parameters of a layout that a condition holds for.
  public init(
    _ layout: ParameterLayout, where condition: (ParameterLayout.Parameter) throws -> Bool
  ) rethrows {
    chosen = try layout.parameters.map(condition)
  }

  /// Whether the parameter with this number is trained.
  public func contains(_ index: Int) -> Bool { chosen.map { $0[index] } ?? true }

  /// The floats that are trained, for the optimiser; all where it is nil.
  public func ranges(of layout: ParameterLayout) -> [Range<Int>]? {
    guard let chosen else { return nil }
    return layout.parameters.indices.filter { chosen[$0] }
      .map { layout.parameters[$0].place.range }
  }

  /// The lowest block that a gradient must reach; the number of layers where it needs none, -1
  /// where it must reach the embedding.
  func lowestBlock(of layout: ParameterLayout) -> Int {
    guard let chosen else { return -1 }
    var lowest = layout.blocks.count
    for (index, parameter) in layout.parameters.enumerated() where chosen[index] {
      if let layer = parameter.layer {
        lowest = min(lowest, layer)
      } else if index == layout.embedding || index == layout.positions {
        return -1
      }
    }
    return lowest
  }
}
