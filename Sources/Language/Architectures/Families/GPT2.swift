internal import Streams
internal import Tensors

extension Architecture {
  /// GPT-2: learned positions, matrices stored from input to output (`Conv1D`), one for queries,
  /// keys and values together.
  static let gpt2 = Architecture(
    modelType: "gpt2", className: "GPT2LMHeadModel",
    shape: { config in
      for key in ["scale_attn_by_inverse_layer_idx", "add_cross_attention"]
      where try config.bool(key, default: false) {
        throw config.unsupported(key, "is not built")
      }
      guard try config.bool("scale_attn_weights", default: true) else {
        throw config.unsupported("scale_attn_weights", "attention is always scaled here")
      }
      let width = try config.whole("n_embd", in: ArchitectureLimit.width)
      let heads = try config.whole("n_head", in: ArchitectureLimit.heads)
      guard width % heads == 0 else { throw config.error("n_embd must be a multiple of n_head") }
      return DecoderShape(
        vocabulary: try config.whole("vocab_size", in: ArchitectureLimit.vocabulary), width: width,
        layers: try config.whole("n_layer", in: ArchitectureLimit.layers), heads: heads,
        keyHeads: heads, headWidth: width / heads,
        inner: try config.whole("n_inner", in: ArchitectureLimit.inner, default: 4 * width),
        context: try config.whole("n_positions", in: ArchitectureLimit.context, default: 1_024),
        norm: .layer(epsilon: try config.positive("layer_norm_epsilon", to: 1, default: 1e-5)),
        positions: .learned,
        feedForward: .gelu(
          try config.optional("activation_function") == nil
            ? .tanh : try config.gelu("activation_function")),
        projection: .jointThirds, tied: try config.bool("tie_word_embeddings", default: true),
        layout: .inOut, names: .gpt2)
    },
    settings: { shape, text in
      text.member("vocab_size", shape.vocabulary)
      text.member("n_embd", shape.width)
      text.member("n_layer", shape.layers)
      text.member("n_head", shape.heads)
      text.member("n_inner", shape.inner)
      text.member("n_positions", shape.context)
      text.member("layer_norm_epsilon", shape.norm.epsilon.asWritten)
      text.member("activation_function", shape.feedForward.settingsName)
      // Training drops nothing here; left out, transformers drops a tenth.
      for key in ["attn_pdrop", "embd_pdrop", "resid_pdrop"] { text.member(key, 0.0) }
      text.member("tie_word_embeddings", shape.tied)
    })
}

extension DecoderNames {
  /// The names of GPT-2.
  static let gpt2 = DecoderNames(
    prefix: "transformer.", embedding: "wte.weight", positions: "wpe.weight", block: "h",
    attentionNorm: Layer("ln_1", bias: true), projections: [Layer("attn.c_attn", bias: true)],
    attentionOutput: Layer("attn.c_proj", bias: true),
    feedForwardNorm: Layer("ln_2", bias: true), up: Layer("mlp.c_fc", bias: true),
    down: Layer("mlp.c_proj", bias: true), finalNorm: Layer("ln_f", bias: true), head: "lm_head",
    ignored: [".attn.bias", ".attn.masked_bias"])
}
