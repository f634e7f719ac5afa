internal import Streams

extension Architecture {
  /// Qwen 3, dense: Llama with a norm on every head of queries and keys.
  static let qwen3 = Architecture(
    modelType: "qwen3", className: "Qwen3ForCausalLM",
    shape: { config in
      try config.refuseSlidingWindow()
      let bias = try config.bool("attention_bias", default: false)
      var shape = try DecoderShape.llama(config, headWidth: 128, context: 32_768)
      shape.headNorm = true
      shape.names = .llama(projectionBias: bias, outputBias: bias)
      shape.names.headNorms = ["self_attn.q_norm", "self_attn.k_norm"]
      return shape
    },
    settings: { shape, text in
      shape.writeLlama(to: &text)
      text.member("attention_bias", shape.names.attentionOutput.bias)
      text.member("use_sliding_window", false)
    })
}
