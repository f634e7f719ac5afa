internal import Streams

extension Architecture {
  /// Qwen 1.5, 2 and 2.5: Llama with biases on queries, keys and values.
  static let qwen2 = Architecture(
    modelType: "qwen2", className: "Qwen2ForCausalLM",
    shape: { config in
      try config.refuseSlidingWindow()
      var shape = try DecoderShape.llama(config, context: 32_768)
      shape.names = .llama(projectionBias: true)
      return shape
    },
    settings: { shape, text in
      shape.writeLlama(to: &text)
      text.member("use_sliding_window", false)
    })
}

extension JSONNode {
  /// Attention over a window is not built: every layer sees the whole context.
  func refuseSlidingWindow() throws {
    guard try !bool("use_sliding_window", default: false) else {
      throw unsupported("use_sliding_window", "attention over a window is not built")
    }
    for layer in try optional("layer_types")?.elements() ?? []
    where try layer.string() != "full_attention" {
      throw unsupported(layer.key, "only full_attention is built")
    }
  }
}
