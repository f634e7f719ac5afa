internal import Streams
internal import Tensors

extension Architecture {
  /// GPT-NeoX and Pythia: attention and feed-forward layer side by side (or one behind the other),
  /// a joint matrix head by head, a part of each head turned.
  static let gptNeoX = Architecture(
    modelType: "gpt_neox", className: "GPTNeoXForCausalLM",
    shape: { config in
      let width = try config.whole("hidden_size", in: ArchitectureLimit.width)
      let (heads, _, headWidth) = try config.heads(width: width, grouped: false)
      let rotary = try RotarySettings(config, ofNeoX: true)
      return DecoderShape(
        vocabulary: try config.whole("vocab_size", in: ArchitectureLimit.vocabulary), width: width,
        layers: try config.whole("num_hidden_layers", in: ArchitectureLimit.layers),
        heads: heads, keyHeads: heads, headWidth: headWidth,
        inner: try config.whole("intermediate_size", in: ArchitectureLimit.inner),
        context: try config.whole(
          "max_position_embeddings", in: ArchitectureLimit.context, default: 2_048),
        norm: .layer(epsilon: try config.positive("layer_norm_eps", to: 1, default: 1e-5)),
        positions: .rotary(
          width: try rotary.width(of: headWidth, config), base: rotary.base,
          scaling: rotary.scaling),
        feedForward: .gelu(try config.gelu("hidden_act")), projection: .jointHeads,
        parallel: try config.bool("use_parallel_residual", default: true),
        tied: try config.bool("tie_word_embeddings", default: false),
        names: .gptNeoX(bias: try config.bool("attention_bias", default: true)))
    },
    settings: { shape, text in
      text.member("vocab_size", shape.vocabulary)
      text.member("hidden_size", shape.width)
      text.member("num_hidden_layers", shape.layers)
      text.member("num_attention_heads", shape.heads)
      text.member("intermediate_size", shape.inner)
      text.member("max_position_embeddings", shape.context)
      text.member("layer_norm_eps", shape.norm.epsilon.asWritten)
      text.member("hidden_act", shape.feedForward.settingsName)
      text.member("use_parallel_residual", shape.parallel)
      text.member("attention_bias", shape.names.attentionOutput.bias)
      RotarySettings.write(shape, partial: true, to: &text)
      text.member("tie_word_embeddings", shape.tied)
    })
}

extension DecoderNames {
  /// The names of GPT-NeoX.
  static func gptNeoX(bias: Bool) -> DecoderNames {
    DecoderNames(
      prefix: "gpt_neox.", embedding: "embed_in.weight", block: "layers",
      attentionNorm: Layer("input_layernorm", bias: true),
      projections: [Layer("attention.query_key_value", bias: bias)],
      attentionOutput: Layer("attention.dense", bias: bias),
      feedForwardNorm: Layer("post_attention_layernorm", bias: true),
      up: Layer("mlp.dense_h_to_4h", bias: true), down: Layer("mlp.dense_4h_to_h", bias: true),
      finalNorm: Layer("final_layer_norm", bias: true), head: "embed_out",
      otherHeads: ["lm_head"],
      ignored: [
        ".attention.bias", ".attention.masked_bias", ".attention.rotary_emb.inv_freq",
      ])
  }
}
