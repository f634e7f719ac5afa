internal import Streams
internal import Tensors

/// The rotary embedding of a configuration, in the form of transformers 5 (`rope_parameters`) or of
/// the versions before (`rope_theta` and `rope_scaling`; `rotary_emb_base` and `rotary_pct`).
struct RotarySettings {
  var base: Float
  var scaling: RotaryEmbedding.Scaling
  /// The share of a head's features that is turned.
  var share: Double

  /// Reads a configuration; the newer form counts where both stand.
  ///
  /// - Parameter ofNeoX: the older form is GPT-NeoX's, with names and a share of its own; as in
  ///   transformers each family passes over the other's names.
  init(_ config: JSONNode, ofNeoX: Bool = false) throws {
    let newer = try config.optional("rope_parameters")
    let scaling = try newer ?? config.optional("rope_scaling")
    let oldBase = try config.positive(
      ofNeoX ? "rotary_emb_base" : "rope_theta", to: 1e12, default: 10_000)
    base = try newer?.positive("rope_theta", to: 1e12, default: Double(oldBase)) ?? oldBase
    self.scaling = try scaling.map { try RotarySettings.scaling($0, config) } ?? .none
    let factor = "partial_rotary_factor"
    let node = try newer?.optional(factor) ?? config.optional(ofNeoX ? "rotary_pct" : factor)
    let share = try node?.number() ?? (ofNeoX ? 0.25 : 1)
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

  /// Writes both forms, which transformers 4 and 5 read.
  ///
  /// - Parameter partial: writes the share of a head's features too.
  static func write(_ shape: DecoderShape, partial: Bool, to text: inout JSONText) {
    guard case .rotary(let width, let base, let scaling) = shape.positions else { return }
    let share = share(of: width, in: shape.headWidth)
    text.object("rope_parameters") { text in
      write(scaling, to: &text)
      text.member("rope_theta", base.asWritten)
      if partial { text.member("partial_rotary_factor", share) }
    }
    text.member(partial ? "rotary_emb_base" : "rope_theta", base.asWritten)
    if partial { text.member("rotary_pct", share) }
    guard scaling != .none else { return text.member("rope_scaling", String?.none) }
    text.object("rope_scaling") { write(scaling, to: &$0) }
  }

  private static func write(_ scaling: RotaryEmbedding.Scaling, to text: inout JSONText) {
    switch scaling {
    case .none: text.member("rope_type", "default")
    case .llama3(let factor, let low, let high, let context):
      text.member("rope_type", "llama3")
      text.member("factor", factor.asWritten)
      text.member("low_freq_factor", low.asWritten)
      text.member("high_freq_factor", high.asWritten)
      text.member("original_max_position_embeddings", Int(context))
    }
  }

  /// The share that leads back to `width`: readers cut the product off.
  static func share(of width: Int, in headWidth: Int) -> Double {
    let share = Double(width) / Double(headWidth)
    return Int(share * Double(headWidth)) < width ? share.nextUp : share
  }
}
