internal import Language
internal import Tensors

/// Circuit breakers: (1/Σ_b m_b) Σ_m relu(cos(h, h^r)) over all labelled tokens, h the stream
/// behind a block and h^r the reference's: what the model computes there turns away from what it
/// was. The mean over layers where there are several.
///
/// Source: Zou et al. 2024 (arXiv 2406.04313). The coefficients' schedule, which published code
/// divides by 300 in runs of 150 steps, is the plan's, by its own number of steps.
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

  /// The objective.
  ///
  /// - Precondition: at least one layer, none twice.
  public init(layers: [Int]) {
    precondition(!layers.isEmpty && Set(layers).count == layers.count, "layers, each once")
    self.layers = layers
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("layers", .layers(usual: [10.0 / 32, 20.0 / 32]))
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(layers: values.layers)
  }

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    let width = site.pass.model.shape.width
    let share = 1 / Double(batch.count(.labelledTokens) * layers.count)
    let reference = batch.reference.hidden
    return share
      * (try site.overLabelled(batch, layers: layers) { layer, row, state, gradient in
        guard let target = reference[layer]?.row(row) else { return .nan }
        let length = LogitRow.dot(state, state, width).squareRoot()
        let other = LogitRow.dot(target, target, width).squareRoot()
        // A state of length 0 has no direction to turn from.
        guard length > 0, other > 0 else { return 0 }
        let cosine = LogitRow.dot(state, target, width) / (length * other)
        guard cosine > 0 else { return 0 }
        if let gradient {
          let factor = site.weight * share
          let (along, back) = (factor / (length * other), factor * cosine / (length * length))
          for column in 0..<width {
            gradient[column] += Float(
              along * Double(target[column]) - back * Double(state[column]))
          }
        }
        return cosine
      })
  }
}
