internal import Tensors

/// mean_b (1/m_b) Σ_m (1/D) |h − h^r|² over the m_b labelled tokens of each sequence to be
/// retained, h the stream behind a block and h^r the reference's; the mean over layers where there
/// are several.
///
/// Source: the retain term of RMU (arXiv 2403.03218), open-unlearning's `EMBED_DIFF`, with the mask
/// that the original lacks.
public struct HiddenRetention: Objective {
  /// What plans and reports call it: `retain_hidden`.
  public static let name = "retain_hidden"
  /// It retains.
  public static let role = ObjectiveRole.retain
  /// Its mean is over sequences.
  public static let averaging = ObjectiveAveraging.sequences
  /// It needs the reference's streams behind its layers.
  public static let needs: ReferenceNeeds = .hidden

  /// The blocks whose output is held: those of the forget term.
  public let layers: [Int]

  /// The term.
  ///
  /// - Precondition: at least one layer, none twice.
  public init(layers: [Int]) {
    precondition(!layers.isEmpty && Set(layers).count == layers.count, "layers, each once")
    self.layers = layers
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("layers", .layers(usual: [7.0 / 32]))
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(layers: values.layers)
  }

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    let reference = batch.reference.hidden
    return try site.squaredDistance(batch, layers: layers) { layer, row in
      reference[layer].map { UnsafePointer($0.row(row)) }
    }
  }
}
