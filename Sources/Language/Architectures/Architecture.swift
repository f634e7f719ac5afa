internal import Streams
internal import Tensors

/// An architecture: how its `config.json` is read and written.
///
/// To add one: a file in `Families/` and a line in ``all``.
public struct Architecture: Sendable {
  /// The `model_type` of its `config.json`.
  public let modelType: String
  /// The class that `architectures` names.
  public let className: String
  /// The decoder that a configuration describes; throws ``CheckpointError`` or ``TokenizerError``
  /// naming the key.
  let shape: @Sendable (JSONNode) throws -> DecoderShape
  /// Writes the members that ``shape`` reads, as transformers calls them. A decoder that is not of
  /// this architecture gives what reads as another one.
  let settings: @Sendable (DecoderShape, inout JSONText) -> Void

  /// Every architecture, in the order of their files.
  public static let all: [Architecture] = [.gpt2, .gptNeoX, .llama, .qwen2, .qwen3]
}

/// The limits of what a configuration may ask for: what is above is a mistake or an attack, and is
/// refused before anything is allocated.
enum ArchitectureLimit {
  static let width = 1...(1 << 18)
  static let inner = 1...(1 << 20)
  static let layers = 1...1_024
  static let heads = 1...4_096
  static let vocabulary = 1...(1 << 24)
  static let context = 1...(1 << 24)
}

extension JSONNode {
  /// The activation of a feed-forward layer that is a GELU.
  func gelu(_ key: String) throws -> GELU {
    guard let node = try optional(key) else { return .erf }
    switch try node.string() {
    case "gelu": return .erf
    case "gelu_new", "gelu_pytorch_tanh": return .tanh
    default: throw unsupported(key, "only gelu, gelu_new and gelu_pytorch_tanh are built")
    }
  }

  /// Sees to it that the activation is silu.
  func requireSiLU(_ key: String) throws {
    let name = try string(key, default: "silu")
    guard name == "silu" || name == "swish" else {
      throw unsupported(key, "only silu is built")
    }
  }

  /// An error about a member whose value asks for what is not built here.
  func unsupported(_ key: String, _ detail: String) -> CheckpointError {
    CheckpointError(.unsupported, path: document.path, key: key, detail: detail)
  }

  /// The heads of an attention, and their width.
  ///
  /// - Parameter standard: the width where `head_dim` is missing; nil for what the width of the
  ///   stream leaves to each.
  /// - Throws: where they do not divide each other.
  func heads(
    width: Int, grouped: Bool, standard: Int? = nil
  ) throws -> (heads: Int, keyHeads: Int, width: Int) {
    let heads = try whole("num_attention_heads", in: ArchitectureLimit.heads)
    let keyHeads =
      grouped
      ? try whole("num_key_value_heads", in: ArchitectureLimit.heads, default: heads) : heads
    guard heads % keyHeads == 0 else {
      throw error("num_attention_heads must be a multiple of num_key_value_heads")
    }
    if grouped, try optional("head_dim") != nil {
      return (heads, keyHeads, try whole("head_dim", in: 1...4_096))
    }
    if let standard { return (heads, keyHeads, standard) }
    guard width % heads == 0 else {
      throw error("hidden_size must be a multiple of num_attention_heads")
    }
    return (heads, keyHeads, width / heads)
  }
}
