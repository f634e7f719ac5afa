internal import Language
internal import Streams

/// Representation misdirection: mean_b (1/m_b) Σ_m (1/D) |h − c u|² over the m_b labelled tokens
/// of each sequence, h the stream behind a block and u a random unit vector; the mean over layers
/// where there are several.
///
/// Source: Li et al. 2024 (WMDP, arXiv 2403.03218). Here the corrected form: the original's mean is
/// over all positions, padding too; open-unlearning masks as is done here. Only blocks up to the
/// highest layer learn: a selection of few matrices, as in the original (three blocks'
/// `mlp.down_proj`), is the plan's.
public struct RMU: Objective {
  /// What plans and reports call it: `rmu`.
  public static let name = "rmu"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over sequences.
  public static let averaging = ObjectiveAveraging.sequences
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []

  /// The blocks whose output is steered: 7 of 32 in the paper and in open-unlearning.
  public let layers: [Int]
  /// c, the length of the target: 6.5 in the original for Zephyr 7B (20 is its default, 2 that of
  /// open-unlearning). It should exceed the usual length of h.
  public let coefficient: Double
  /// u `[D]`, of length 1.
  public let direction: [Float]

  /// The objective.
  ///
  /// - Precondition: at least one layer, none twice.
  public init(layers: [Int], coefficient: Double = 6.5, direction: [Float]) {
    precondition(!layers.isEmpty && Set(layers).count == layers.count, "layers, each once")
    (self.layers, self.coefficient, self.direction) = (layers, coefficient, direction)
  }

  /// A direction: D numbers from 0 to 1, of a seed, divided by their 2-norm.
  public static func direction(width: Int, seed: UInt64) -> [Float] {
    precondition(width > 0, "a width")
    let name = SplitMix64.hash(ofName: "unlearning/rmu/direction")
    var stream = SplitMix64(seed: SplitMix64.mix(seed) ^ name)
    // Above 0: a vector of zeros has no direction.
    let numbers = (0..<width).map { _ in (Double(stream.next() >> 11) + 1) * 0x1p-53 }
    let norm = numbers.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return numbers.map { Float($0 / norm) }
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("layers", .layers(usual: [7.0 / 32])),
    ObjectiveSetting("coefficient", .number(0...1e6, usual: 6.5)),
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(
      layers: values.layers, coefficient: values.number("coefficient"),
      direction: RMU.direction(width: values.width, seed: values.seed))
  }

  /// The loss of a batch; the gradient is added at the site.
  ///
  /// - Precondition: the direction has the model's width.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    precondition(direction.count == site.pass.model.shape.width, "a direction of the model's width")
    let target = direction.map { Float(coefficient * Double($0)) }
    return try target.withUnsafeBufferPointer { target in
      try site.squaredDistance(batch, layers: layers) { _, _ in target.baseAddress }
    }
  }
}
