/// How a text is cut into words before pairs are merged: the `pre_tokenizer` of `tokenizer.json`.
struct PreTokenizer: Sendable, Equatable {
  /// One way to cut.
  enum Cut: Sendable, Equatable {
    /// GPT-2, GPT-NeoX, Pythia.
    case gpt2
    /// Llama 3 (3 digits), Qwen2 (1 digit).
    case llama3(digits: Int)
    /// Digits stand apart, each alone or as runs.
    case digits(alone: Bool)
    /// Each U+2581 begins a word.
    case metaspace
  }

  /// When a text gets a space (or U+2581) in front.
  enum Prefix: Sendable, Equatable {
    case never, always
    /// Only at the start of the text, not behind an added token.
    case first
  }

  /// Each cuts what the one before it left whole. None: a text is one word.
  var cuts: [Cut] = []
  /// Whether words become bytes in the alphabet of GPT-2.
  var isByteLevel = false
  /// Whether spaces become U+2581.
  var isMetaspace = false
  var prefix = Prefix.never

  static let gpt2Pattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
  static let llama3Pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"#
    + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let qwen2Pattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"#
    + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// The expressions that are built here, each with the scanner that does what it says.
  static let patterns: [(pattern: String, cut: Cut)] = [
    (gpt2Pattern, .gpt2),
    (llama3Pattern, .llama3(digits: 3)),
    (qwen2Pattern, .llama3(digits: 1)),
  ]

  /// One word for the whole text.
  init() {}

  /// Reads the member `pre_tokenizer`.
  ///
  /// - Throws: ``TokenizerError`` for a kind or an expression that is not built here.
  init(_ node: JSONNode?) throws {
    guard let node else { return }
    try add(node)
  }

  private mutating func add(_ node: JSONNode) throws {
    let type = try node.required("type")
    guard !isByteLevel, !isMetaspace else {
      throw node.error("nothing may stand behind ByteLevel or Metaspace", .unsupported)
    }
    switch try type.string() {
    case "Sequence":
      for child in try node.required("pretokenizers").elements() { try add(child) }
    case "ByteLevel":
      if try node.bool("add_prefix_space", default: true) {
        guard cuts.isEmpty else {
          throw node.error("add_prefix_space behind another pre-tokenizer", .unsupported)
        }
        prefix = .always
      }
      if try node.bool("use_regex", default: true) { cuts.append(.gpt2) }
      isByteLevel = true
    case "Split":
      cuts.append(try PreTokenizer.split(node))
    case "Digits":
      cuts.append(.digits(alone: try node.bool("individual_digits", default: false)))
    case "Metaspace":
      try addMetaspace(node)
    case let name:
      throw type.error(
        "unknown pre-tokenizer \(name); known: ByteLevel, Split, Digits, Metaspace, Sequence",
        .unsupported)
    }
  }

  private static func split(_ node: JSONNode) throws -> Cut {
    let pattern = try node.required("pattern").required("Regex")
    let text = try pattern.string()
    guard let known = patterns.first(where: { $0.pattern == text }) else {
      throw pattern.error(
        "an unknown regular expression; those of GPT-2, Llama 3 and Qwen2 are known", .unsupported)
    }
    // The expressions match everything, so that these two ways say the same.
    let behavior = try node.required("behavior")
    let invert = try node.bool("invert", default: false)
    switch try behavior.string() {
    case "Isolated": break
    case "Removed" where invert: break
    case let name: throw behavior.error("\(name) with invert \(invert)", .unsupported)
    }
    return known.cut
  }

  private mutating func addMetaspace(_ node: JSONNode) throws {
    guard cuts.isEmpty else {
      throw node.error("Metaspace behind another pre-tokenizer", .unsupported)
    }
    let replacement = try node.required("replacement")
    guard try replacement.string() == "\u{2581}" else {
      throw replacement.error("another character than U+2581", .unsupported)
    }
    isMetaspace = true
    if let scheme = try node.optional("prepend_scheme") {
      switch try scheme.string() {
      case "always": prefix = .always
      case "first": prefix = .first
      case "never": prefix = .never
      default: throw scheme.error("must be always, first or never")
      }
    } else {
      prefix = try node.bool("add_prefix_space", default: true) ? .always : .never
    }
    if try node.bool("split", default: true) { cuts.append(.metaspace) }
  }
}
