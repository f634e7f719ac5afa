internal import Streams
internal import Tensors

extension Architecture {
  /// Llama 1 to 3, also with a tied embedding and the rotary scaling of Llama 3.1.
  static let llama = Architecture(
    modelType: "llama", className: "LlamaForCausalLM",
    shape: { config in
      let attentionBias = try config.bool("attention_bias", default: false)
      let feedForwardBias = try config.bool("mlp_bias", default: false)
      var shape = try DecoderShape.llama(config)
      shape.names = .llama(
        projectionBias: attentionBias, outputBias: attentionBias, feedForwardBias: feedForwardBias)
      return shape
    },
    settings: { shape, text in
      shape.writeLlama(to: &text)
      text.member("attention_bias", shape.names.attentionOutput.bias)
      text.member("mlp_bias", shape.names.up.bias)
    })
}

extension DecoderShape {
  /// What Llama, Qwen2 and Qwen3 have in common.
  ///
  /// - Parameters:
  ///   - headWidth: what transformers takes where `head_dim` is missing; nil for D / H.
  ///   - context: what it takes where `max_position_embeddings` is missing.
  static func llama(
    _ config: JSONNode, headWidth standard: Int? = nil, context: Int = 2_048
  ) throws -> DecoderShape {
    try config.requireSiLU("hidden_act")
    let width = try config.whole("hidden_size", in: ArchitectureLimit.width)
    let (heads, keyHeads, headWidth) = try config.heads(
      width: width, grouped: true, standard: standard)
    let rotary = try RotarySettings(config)
    guard rotary.share == 1 else {
      throw config.unsupported("partial_rotary_factor", "only whole heads are turned here")
    }
    return DecoderShape(
      vocabulary: try config.whole("vocab_size", in: ArchitectureLimit.vocabulary), width: width,
      layers: try config.whole("num_hidden_layers", in: ArchitectureLimit.layers),
      heads: heads, keyHeads: keyHeads, headWidth: headWidth,
      inner: try config.whole("intermediate_size", in: ArchitectureLimit.inner),
      context: try config.whole(
        "max_position_embeddings", in: ArchitectureLimit.context, default: context),
      norm: .rms(epsilon: try config.positive("rms_norm_eps", to: 1, default: 1e-6)),
      positions: .rotary(
        width: try rotary.width(of: headWidth, config), base: rotary.base,
        scaling: rotary.scaling),
      feedForward: .swiGLU, tied: try config.bool("tie_word_embeddings", default: false),
      names: .llama())
  }

  /// Writes what Llama, Qwen2 and Qwen3 have in common.
  func writeLlama(to text: inout JSONText) {
    text.member("vocab_size", vocabulary)
    text.member("hidden_size", width)
    text.member("num_hidden_layers", layers)
    text.member("num_attention_heads", heads)
    text.member("num_key_value_heads", keyHeads)
    text.member("head_dim", headWidth)
    text.member("intermediate_size", inner)
    text.member("max_position_embeddings", context)
    text.member("rms_norm_eps", norm.epsilon.asWritten)
    text.member("hidden_act", "silu")
    RotarySettings.write(self, partial: false, to: &text)
    text.member("tie_word_embeddings", tied)
  }
}

extension DecoderNames {
  /// The names of Llama, which Qwen2 and Qwen3 took over.
  static func llama(
    projectionBias: Bool = false, outputBias: Bool = false, feedForwardBias: Bool = false
  ) -> DecoderNames {
    DecoderNames(
      prefix: "model.", embedding: "embed_tokens.weight", block: "layers",
      attentionNorm: Layer("input_layernorm"),
      projections: ["q", "k", "v"].map { Layer("self_attn.\($0)_proj", bias: projectionBias) },
      attentionOutput: Layer("self_attn.o_proj", bias: outputBias),
      feedForwardNorm: Layer("post_attention_layernorm"),
      gate: Layer("mlp.gate_proj", bias: feedForwardBias),
      up: Layer("mlp.up_proj", bias: feedForwardBias),
      down: Layer("mlp.down_proj", bias: feedForwardBias),
      finalNorm: Layer("norm"), head: "lm_head", ignored: ["rotary_emb.inv_freq"])
  }
}
