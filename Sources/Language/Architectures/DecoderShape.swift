public import Tensors

/// What a decoder is made of, as data: five architectures are five values of this type.
///
/// Letters of shapes: N rows (tokens), D width, H heads, G key heads, W head width, F inner width,
/// V vocabulary.
public struct DecoderShape: Sendable, Equatable {
  /// How a residual stream is normalised.
  public enum Norm: Sendable, Equatable {
    /// Root mean square, without a bias.
    case rms(epsilon: Float)
    /// Mean and variance, with a bias.
    case layer(epsilon: Float)
  }

  /// How a token knows where it stands.
  public enum Positions: Sendable, Equatable {
    /// A learned vector for each position.
    case learned
    /// The first `width` features of every head are turned.
    case rotary(width: Int, base: Float, scaling: RotaryEmbedding.Scaling)
  }

  /// What stands between the two matrices of the feed-forward layer.
  public enum FeedForward: Sendable, Equatable {
    /// silu(gate) ∘ up.
    case swiGLU
    /// The Gaussian error linear unit.
    case gelu(GELU)
  }

  /// How queries, keys and values are made.
  public enum Projection: Sendable, Equatable {
    /// By a matrix each.
    case separate
    /// By one matrix, whose outputs are all queries, all keys, all values (GPT-2).
    case jointThirds
    /// By one matrix, whose outputs are query, key and value of one head after the other
    /// (GPT-NeoX).
    case jointHeads
  }

  /// V, tokens of the vocabulary.
  public var vocabulary: Int
  /// D, features of the residual stream.
  public var width: Int
  /// Blocks.
  public var layers: Int
  /// H, query heads.
  public var heads: Int
  /// G, key and value heads, a divisor of H.
  public var keyHeads: Int
  /// W, features of a head.
  public var headWidth: Int
  /// F, features between the matrices of the feed-forward layer.
  public var inner: Int
  /// Tokens that the model can see.
  public var context: Int
  /// The norm of every block and of the end.
  public var norm: Norm
  /// How a token knows where it stands.
  public var positions: Positions
  /// The feed-forward layer.
  public var feedForward: FeedForward
  /// How queries, keys and values are made.
  public var projection: Projection = .separate
  /// Whether every head of queries and keys has an RMS norm of its own (Qwen3).
  public var headNorm = false
  /// Whether attention and feed-forward layer read the same stream (GPT-NeoX).
  public var parallel = false
  /// Whether the output matrix is that of the embedding.
  public var tied: Bool
  /// How the matrices of the blocks lie in the checkpoint.
  public var layout: Linear.Layout = .outIn
  /// What the parameters are called.
  public var names: DecoderNames
}

/// What the parameters of a decoder are called in a Hugging Face checkpoint.
public struct DecoderNames: Sendable, Equatable {
  /// A layer with a weight, and perhaps a bias.
  public struct Layer: Sendable, Equatable {
    /// Its name, without `.weight`.
    public let name: String
    /// Whether it has a bias.
    public let bias: Bool

    /// A layer.
    public init(_ name: String, bias: Bool = false) {
      self.name = name
      self.bias = bias
    }
  }

  /// What stands before every name but the output matrix's; base models are saved without it.
  public var prefix: String
  /// The table of tokens.
  public var embedding: String
  /// The table of positions, for learned ones.
  public var positions: String?
  /// What stands before the number of a block.
  public var block: String
  /// The norm before attention.
  public var attentionNorm: Layer
  /// The matrices of queries, keys and values, or the joint one.
  public var projections: [Layer]
  /// The norms of a head's queries and keys.
  public var headNorms: [String] = []
  /// The matrix behind attention.
  public var attentionOutput: Layer
  /// The norm before the feed-forward layer.
  public var feedForwardNorm: Layer
  /// The matrix of the gate, for SwiGLU.
  public var gate: Layer?
  /// The matrix from D to F.
  public var up: Layer
  /// The matrix from F to D.
  public var down: Layer
  /// The last norm.
  public var finalNorm: Layer
  /// The output matrix.
  public var head: String
  /// What other versions of `transformers` call it, in files or in memory.
  public var otherHeads: [String] = []
  /// Ends of names that old checkpoints hold and nobody computes with: masks and tables.
  public var ignored: [String] = []
}
