internal import Tensors

/// The rotary embedding of a configuration, in the form of transformers 5 (`rope_parameters`) or of
/// the versions before (`rope_theta` and `rope_scaling`; `rotary_emb_base` and `rotary_pct`).
struct RotarySettings {
  var base: Float
  var scaling: RotaryEmbedding.Scaling
  /// The share of a head's features that is turned.
  var share: Double

  /// Reads a configuration; the newer form counts where both stand.
  init(_ config: JSONNode, defaultShare: Double = 1) throws {
    let newer = try config.optional("rope_parameters")
    let scaling = try newer ?? config.optional("rope_scaling")
    let oldBase = try config.positive(
      "rope_theta", to: 1e12,
      default: Double(try config.positive("rotary_emb_base", to: 1e12, default: 10_000)))
    base = try newer?.positive("rope_theta", to: 1e12, default: Double(oldBase)) ?? oldBase
    self.scaling = try scaling.map { try RotarySettings.scaling($0, config) } ?? .none
    var share = try config.optional("rotary_pct")?.number() ?? defaultShare
    for place in [config, newer] {
      if let node = try place?.optional("partial_rotary_factor") { share = try node.number() }
    }
    guard share > 0 && share <= 1 else { throw config.error("the rotary share is not in 0...1") }
    self.share = share
  }

  private static func scaling(
    _ node: JSONNode, _ config: JSONNode
  ) throws -> RotaryEmbedding.Scaling {
    let type = try node.string("rope_type", default: node.string("type", default: "default"))
    switch type {
    case "default": return .none
    case "llama3":
      let low = try node.positive("low_freq_factor", to: 1e6)
      let high = try node.positive("high_freq_factor", to: 1e6)
      guard high > low else { throw node.error("high_freq_factor must be above low_freq_factor") }
      return .llama3(
        factor: try node.positive("factor", to: 1e6), low: low, high: high,
        originalContext: Float(
          try node.whole("original_max_position_embeddings", in: ArchitectureLimit.context)))
    default:
      throw config.unsupported(node.key, "only the types default and llama3 are built")
    }
  }

  /// The features of a head of `headWidth` that are turned.
  func width(of headWidth: Int, _ config: JSONNode) throws -> Int {
    let width = Int(Double(headWidth) * share)
    guard width >= 2, width % 2 == 0 else {
      throw config.error("\(width) rotary features of a head; there must be an even number")
    }
    return width
  }
}
