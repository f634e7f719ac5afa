internal import Tensors

/// A family of decoders, whose members differ in size: what a new model is asked for.
public enum DecoderFamily: String, Sendable, CaseIterable {
  /// Llama: RMS norms, rotary positions, SwiGLU.
  case llama
  /// Qwen2: as Llama, with biases on queries, keys and values.
  case qwen2
  /// Qwen3: as Llama, with norms on the heads of queries and keys.
  case qwen3
  /// GPT-2: layer norms, learned positions, GELU.
  case gpt2
  /// GPT-NeoX: layer norms, rotary positions on a quarter of each head, parallel branches.
  case gptNeoX = "gpt_neox"

  /// The sizes of a new model.
  public struct Size: Sendable, Equatable {
    /// Tokens of the vocabulary.
    public var vocabulary: Int
    /// Features of the residual stream.
    public var width: Int
    /// Blocks.
    public var layers: Int
    /// Query heads, a divisor of the width.
    public var heads: Int
    /// Key and value heads, a divisor of the query heads; as many where it is nil.
    public var keyHeads: Int?
    /// Features between the matrices of the feed-forward layer; nil for the family's own rule: 4
    /// times the width, or with SwiGLU 8/3 of it, rounded up to a multiple of 32.
    public var inner: Int?
    /// Tokens that the model can see.
    public var context: Int
    /// Whether the output matrix is that of the embedding.
    public var tied: Bool

    /// A size.
    public init(
      vocabulary: Int, width: Int, layers: Int, heads: Int, keyHeads: Int? = nil,
      inner: Int? = nil, context: Int, tied: Bool = true
    ) {
      self.vocabulary = vocabulary
      self.width = width
      self.layers = layers
      self.heads = heads
      self.keyHeads = keyHeads
      self.inner = inner
      self.context = context
      self.tied = tied
    }
  }

  /// The shape of a new model, with the numbers that the family's first models have.
  ///
  /// - Precondition: the heads divide the width, the key heads the heads (only Llama and Qwen have
  ///   fewer), a head has an even number of features where positions are rotary, and nothing is
  ///   below 1.
  public func shape(_ size: Size) -> DecoderShape {
    let keyHeads = size.keyHeads ?? size.heads
    precondition(
      size.vocabulary > 0 && size.width > 0 && size.layers > 0 && size.heads > 0
        && size.context > 0 && keyHeads > 0 && (size.inner ?? 1) > 0, "sizes above 0")
    precondition(size.width % size.heads == 0 && size.heads % keyHeads == 0, "heads that divide")
    precondition(isGrouped || keyHeads == size.heads, "this family has a key head for each")
    let width = size.width / size.heads
    precondition(self == .gpt2 || width % 2 == 0, "pairs of features to turn")
    let inner = size.inner ?? usualInner(size.width)
    var shape = DecoderShape(
      vocabulary: size.vocabulary, width: size.width, layers: size.layers, heads: size.heads,
      keyHeads: keyHeads, headWidth: width, inner: inner, context: size.context,
      norm: isGrouped ? .rms(epsilon: self == .llama ? 1e-5 : 1e-6) : .layer(epsilon: 1e-5),
      positions: positions(width), feedForward: isGrouped ? .swiGLU : .gelu(activation),
      tied: size.tied, names: names)
    switch self {
    case .llama, .qwen2: break
    case .qwen3: shape.headNorm = true
    case .gpt2: (shape.projection, shape.layout) = (.jointThirds, .inOut)
    case .gptNeoX: (shape.projection, shape.parallel) = (.jointHeads, true)
    }
    return shape
  }

  /// Whether keys may have fewer heads than queries.
  public var isGrouped: Bool { self == .llama || self == .qwen2 || self == .qwen3 }

  /// F of the family: 4 D, or with a gate 8/3 D, which has as many parameters (Shazeer 2020: "GLU
  /// variants improve transformer"), rounded up to a multiple of 32.
  public func usualInner(_ width: Int) -> Int {
    isGrouped ? ((8 * width + 2) / 3 + 31) / 32 * 32 : 4 * width
  }

  private var activation: GELU { self == .gpt2 ? .tanh : .erf }

  private func positions(_ headWidth: Int) -> DecoderShape.Positions {
    switch self {
    case .gpt2: .learned
    case .gptNeoX:
      .rotary(width: max(2, headWidth / 4 / 2 * 2), base: 10_000, scaling: .none)
    case .llama: .rotary(width: headWidth, base: 10_000, scaling: .none)
    case .qwen2, .qwen3: .rotary(width: headWidth, base: 1_000_000, scaling: .none)
    }
  }

  private var names: DecoderNames {
    switch self {
    case .llama: return .llama()
    case .qwen2: return .llama(projectionBias: true)
    case .qwen3:
      var names = DecoderNames.llama()
      names.headNorms = ["self_attn.q_norm", "self_attn.k_norm"]
      return names
    case .gpt2: return .gpt2
    case .gptNeoX: return .gptNeoX(bias: true)
    }
  }
}
