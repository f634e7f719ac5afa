internal import Foundation
internal import Streams
internal import Tensors

extension ModelConfiguration {
  /// The `config.json` of a decoder that was made here, with the keys that transformers writes: its
  /// rotary settings stand in the form of version 4 and of version 5.
  ///
  /// The architecture is the one whose settings, read again, are this very decoder.
  ///
  /// - Parameters:
  ///   - beginToken: the token that begins a text, below V.
  ///   - endTokens: the tokens that end a text, below V.
  ///   - type: how the weights are stored.
  /// - Throws: ``CheckpointError`` (unsupported) where no architecture has this decoder.
  public init(
    _ shape: DecoderShape, beginToken: Int32? = nil, endTokens: [Int32] = [],
    type: StoredType = .F32
  ) throws {
    precondition(
      ([beginToken].compactMap(\.self) + endTokens).allSatisfy {
        (0..<Int32(clamping: shape.vocabulary)).contains($0)
      }, "tokens below \(shape.vocabulary)")
    precondition(type.holdsWeights, "a type that holds weights")
    for architecture in Architecture.all {
      let bytes = ModelConfiguration.text(of: shape, architecture, beginToken, endTokens, type)
      if let read = try? ModelConfiguration(bytes, path: "config.json"), read.shape == shape,
        read.modelType == architecture.modelType, read.beginToken == beginToken,
        read.endTokens == endTokens
      {
        self = read
        return
      }
    }
    let known = Architecture.all.map(\.modelType).joined(separator: ", ")
    throw CheckpointError(
      .unsupported, path: "config.json",
      detail: "this decoder is none of \(known); no settings of transformers describe it")
  }

  private static func text(
    of shape: DecoderShape, _ architecture: Architecture, _ beginToken: Int32?,
    _ endTokens: [Int32], _ type: StoredType
  ) -> [UInt8] {
    var text = JSONText()
    text.object { text in
      text.array("architectures") { $0.value(architecture.className) }
      text.member("model_type", architecture.modelType)
      architecture.settings(shape, &text)
      // Left out, transformers puts the tokens of the family's first model there.
      text.member("bos_token_id", beginToken)
      if endTokens.count > 1 {
        text.array("eos_token_id") { text in
          for token in endTokens { text.value(token) }
        }
      } else {
        text.member("eos_token_id", endTokens.first)
      }
      text.member("pad_token_id", Int32?.none)
      text.member("torch_dtype", type.nameInTorch)
    }
    return text.bytes
  }
}

extension StoredType {
  /// What PyTorch calls a type that holds weights.
  var nameInTorch: String {
    switch self {
    case .F16: "float16"
    case .BF16: "bfloat16"
    default: "float32"
    }
  }
}

extension Float {
  /// The shortest decimal that reads as this number again, also by way of a Double.
  var asWritten: Double {
    if let short = Double(description), Float(short) == self { return short }
    return Double(self)
  }
}

extension DecoderShape.Norm {
  /// What is added under the root.
  var epsilon: Float {
    switch self {
    case .rms(let epsilon), .layer(let epsilon): epsilon
    }
  }
}

extension DecoderShape.FeedForward {
  /// What transformers calls the activation.
  var settingsName: String {
    switch self {
    case .swiGLU: "silu"
    case .gelu(.erf): "gelu"
    case .gelu(.tanh): "gelu_new"
    }
  }
}
