internal import Language
internal import Tensors

/// Circuit breakers: (1/Σ_b m_b) Σ_m relu(cos(h, h^r)) over all labelled tokens, h the stream
/// behind a block and h^r the reference's: what the model computes there turns away from what it
/// was. The mean over layers where there are several.
///
/// Source: Zou et al. 2024 (arXiv 2406.04313). The coefficients' schedule, which published code
/// divides by 300 in runs of 150 steps, is the plan's, by its own number of steps.
///
/// At its start a model *is* the reference: the cosine is 1 everywhere, where it has no slope.
/// Published code begins there too (an adapter's second matrix is zero) and is carried off by the
/// rounding of half precision, which AdamW makes to whole steps. Here h^r is turned aside a little
/// instead, all of them towards one direction, so that there is a way to go that no rounding
/// decides: h^r + t |h^r| u. A turn of 0 is the published formula.
public struct Rerouting: Objective {
  /// What plans and reports call it: `reroute`.
  public static let name = "reroute"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over labelled tokens.
  public static let averaging = ObjectiveAveraging.labelledTokens
  /// It needs the reference's streams behind its layers.
  public static let needs: ReferenceNeeds = .hidden

  /// The blocks whose output is rerouted: 10 and 20 of 32 in the paper.
  public let layers: [Int]
  /// t, the tangent of the angle that the reference's states are turned by, about.
  public let turn: Double
  /// u `[D]`, of length 1; nothing where nothing is turned.
  public let direction: [Float]

  /// The objective.
  ///
  /// - Precondition: at least one layer, none twice; a direction where something is turned.
  public init(layers: [Int], turn: Double = 0, direction: [Float] = []) {
    precondition(!layers.isEmpty && Set(layers).count == layers.count, "layers, each once")
    precondition(turn == 0 || !direction.isEmpty, "a direction to turn to")
    (self.layers, self.turn, self.direction) = (layers, turn, direction)
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("layers", .layers(usual: [10.0 / 32, 20.0 / 32])),
    ObjectiveSetting("turn", .number(0...1, usual: 1e-3)),
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(
      layers: values.layers, turn: values.number("turn"),
      direction: RMU.direction(width: values.width, seed: values.seed))
  }

  /// The loss of a batch; the gradient is added at the site.
  ///
  /// - Precondition: the direction has the model's width, where something is turned.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    let width = site.pass.model.shape.width
    precondition(turn == 0 || direction.count == width, "a direction of the model's width")
    let share = 1 / Double(batch.count(.labelledTokens) * layers.count)
    let reference = batch.reference.hidden
    return try share
      * direction.withUnsafeBufferPointer { direction in
        try site.overLabelled(batch, layers: layers) { layer, row, state, gradient in
          guard let target = reference[layer]?.row(row) else { return .nan }
          let aside = Aside(target, towards: direction.baseAddress, by: turn, width)
          let length = LogitRow.dot(state, state, width).squareRoot()
          // A state of length 0 has no direction to turn from.
          guard length > 0, aside.length > 0 else { return 0 }
          let cosine = aside.dot(state, width) / (length * aside.length)
          guard cosine > 0 else { return 0 }
          if let gradient {
            let factor = site.weight * share
            let (along, back) = (
              factor / (length * aside.length), factor * cosine / (length * length)
            )
            for column in 0..<width {
              gradient[column] += Float(along * aside[column] - back * Double(state[column]))
            }
          }
          return cosine
        }
      }
  }
}

/// A state that is turned aside: h^r + t |h^r| u, which never stands in memory.
private struct Aside {
  private let state: UnsafePointer<Float>
  /// u; not read where nothing is turned.
  private let direction: UnsafePointer<Float>
  /// t |h^r|.
  private let shift: Double
  /// Its length.
  let length: Double

  init(
    _ state: UnsafeMutablePointer<Float>, towards direction: UnsafePointer<Float>?,
    by turn: Double, _ width: Int
  ) {
    self.state = UnsafePointer(state)
    let square = LogitRow.dot(state, state, width)
    guard let direction, turn > 0 else {
      (self.direction, shift, length) = (self.state, 0, square.squareRoot())
      return
    }
    self.direction = direction
    shift = turn * square.squareRoot()
    let along = LogitRow.dot(state, direction, width)
    let own = LogitRow.dot(direction, direction, width)
    length = (square + 2 * shift * along + shift * shift * own).squareRoot()
  }

  func dot(_ other: UnsafePointer<Float>, _ width: Int) -> Double {
    let own = LogitRow.dot(other, state, width)
    return shift == 0 ? own : own + shift * LogitRow.dot(other, direction, width)
  }

  subscript(_ column: Int) -> Double {
    let own = Double(state[column])
    return shift == 0 ? own : own + shift * Double(direction[column])
  }
}
