internal import Settings
public import Language

extension TrainingPlan {
  /// Where the weights come from.
  public enum Model: Sendable, Equatable {
    /// They are drawn by a seed.
    case new(NewModel)
    /// They stand in a Hugging Face folder.
    case base(folder: String)
  }

  /// A model that is made here. What is not said is what the family does.
  public struct NewModel: Sendable, Equatable {
    /// The `model_type`: `llama`, `qwen2`, `qwen3`, `gpt2` or `gpt_neox`.
    public var architecture: String
    /// D, features of the residual stream.
    public var width: Int
    /// Blocks.
    public var layers: Int
    /// H, query heads; they divide the width.
    public var heads: Int
    /// G, key and value heads, a divisor of H; H for GPT-2 and GPT-NeoX.
    public var keyHeads: Int
    /// F, features between the matrices of the feed-forward layer.
    public var inner: Int
    /// Tokens that the model can see.
    public var context: Int
    /// Whether the output matrix is that of the embedding.
    public var tied: Bool

    init(_ mapping: SettingsMapping) throws(SettingsError) {
      try mapping.allow([
        "architecture", "width", "layers", "heads", "keyHeads", "inner", "context", "tied",
      ])
      architecture = try mapping.required("architecture")
        .choice(of: Architecture.all.map(\.modelType))
      width = try mapping.required("width").int(in: 1...(1 << 18))
      layers = try mapping.required("layers").int(in: 1...1_024)
      heads = try mapping.required("heads").int(in: 1...4_096)
      guard width % heads == 0 else {
        throw try mapping.required("heads").mistake("must divide the width of \(width)")
      }
      let family = DecoderFamily(rawValue: architecture) ?? .llama
      // GPT-NeoX turns a quarter of a head's features in pairs, the others all but GPT-2 all.
      let divisor = ["gpt2": 1, "gpt_neox": 8][architecture] ?? 2
      guard width / heads % divisor == 0 else {
        throw try mapping.required("heads").mistake(
          "gives heads of \(width / heads) features; for \(architecture) it must be a multiple of "
            + "\(divisor), since positions are turned in pairs")
      }
      keyHeads = try mapping.optional("keyHeads")?.int(in: 1...4_096) ?? heads
      if let node = mapping.optional("keyHeads") {
        guard heads % keyHeads == 0 else { throw node.mistake("must divide the \(heads) heads") }
        guard family.isGrouped || keyHeads == heads else {
          throw node.mistake("\(architecture) has a key head for each head; leave the key out")
        }
      }
      inner =
        try mapping.optional("inner")?.int(in: 1...(1 << 20))
        ?? family.usualInner(width)
      context = try mapping.required("context").int(in: 1...(1 << 24))
      tied = try mapping.optional("tied")?.bool() ?? (architecture == "gpt2")
    }
  }

  /// Where the tokens come from.
  public enum TokenizerChoice: Sendable, Equatable {
    /// Byte-level BPE of this many tokens, learned from the training documents.
    ///
    /// - Parameters:
    ///   - size: tokens of all kinds; fewer where the documents do not have the pairs.
    ///   - words: how texts are cut into words.
    ///   - sample: bytes of text that are read for it at most.
    case train(size: Int, words: BPETrainer.Words, sample: Int)
    /// A `tokenizer.json`.
    ///
    /// - Parameter end: the token that ends a document; nil for the first of
    ///   ``DocumentEncoder/usualEnds`` that it has.
    case file(String, end: String?)

    /// The bytes of text that a tokenizer is learned from where the plan does not say.
    public static let usualSample = 64 << 20

    init(_ node: SettingsNode, folder: String) throws(SettingsError) {
      guard node.kind == .mapping else {
        self = .file(try TrainingPlan.path(node, folder: folder), end: nil)
        return
      }
      let mapping = try node.mapping()
      if let file = mapping.optional("file") {
        try mapping.allow(["file", "end"])
        self = .file(
          try TrainingPlan.path(file, folder: folder), end: try mapping.optional("end")?.string())
        return
      }
      try mapping.allow(["train", "preTokenizer", "sample", "file", "end"])
      if let end = mapping.optional("end") {
        throw end.mistake("belongs to a `file`; a tokenizer that is trained here has its own")
      }
      let size = try mapping.required("train").int(in: 257...(1 << 24))
      let words =
        try mapping.optional("preTokenizer")?.choice(of: BPETrainer.Words.allCases.map(\.rawValue))
      self = .train(
        size: size, words: words.flatMap { BPETrainer.Words(rawValue: $0) } ?? .gpt2,
        sample: try mapping.optional("sample")?.byteSize(in: (1 << 10)...(1 << 34))
          ?? TokenizerChoice.usualSample)
    }
  }
}

extension TrainingPlan.Model {
  init(_ node: SettingsNode, folder: String) throws(SettingsError) {
    let mapping = try node.mapping()
    if let base = mapping.optional("base") {
      try mapping.allow(["base"])
      self = .base(folder: try TrainingPlan.path(base, folder: folder))
    } else {
      self = .new(try TrainingPlan.NewModel(mapping))
    }
  }
}
