/// The bytes that each token stands for: the members `decoder` and `model.vocab`.
struct TokenBytes: Sendable {
  private var block: [UInt8] = []
  /// Where the bytes of each id end.
  private var ends: [Int] = []
  /// How many spaces at the start of a decoded text are not part of it.
  private(set) var leadingSpaces = 0

  /// What a decoder does with a token's text.
  fileprivate struct Rules {
    var byteLevel = false
    var byteFallback = false
    var replacements: [(pattern: [UInt8], content: [UInt8])] = []
    var leadingSpaces = 0
  }

  /// Reads the member `decoder` and applies it to each token.
  ///
  /// A missing decoder is what the pre-tokenizer implies: Hugging Face would put spaces between the
  /// tokens, which gives no text back. An added token stands for its content.
  init(
    decoder: JSONNode?, preTokenizer: PreTokenizer, texts: TextTable, added: [AddedToken],
    count: Int
  ) throws {
    let rules = try TokenBytes.rules(decoder, preTokenizer)
    leadingSpaces = rules.leadingSpaces
    var indices = [Int32](repeating: -1, count: count)
    for index in 0..<texts.count { indices[Int(texts.value(index))] = Int32(index) }
    var contents = [Int32](repeating: -1, count: count)
    for (index, token) in added.enumerated() { contents[Int(token.id)] = Int32(index) }
    var fallback: [[UInt8]: UInt8] = [:]
    if rules.byteFallback {
      for byte in UInt8.min...UInt8.max {
        fallback[Array(BPEModel.fallbackText(of: byte).utf8)] = byte
      }
    }
    ends.reserveCapacity(count)
    for id in 0..<count {
      if contents[id] >= 0 {
        block += added[Int(contents[id])].content
      } else if indices[id] >= 0 {
        append(texts.text(Int(indices[id])), rules, fallback)
      }
      ends.append(block.count)
    }
  }

  /// The number of ids.
  var count: Int { ends.count }

  /// The bytes of a token; none for an id that is no token.
  func bytes(of id: Int32) -> ArraySlice<UInt8> {
    guard id >= 0, id < ends.count else { return [] }
    let index = Int(id)
    return block[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  private mutating func append(
    _ text: ArraySlice<UInt8>, _ rules: Rules, _ fallback: [[UInt8]: UInt8]
  ) {
    if rules.byteLevel {
      text.withUnsafeBufferPointer { ByteAlphabet.append(bytesOf: $0, to: &block) }
      return
    }
    if rules.byteFallback, text.count == 6, let byte = fallback[Array(text)] {
      block.append(byte)
      return
    }
    var bytes = Array(text)
    for (pattern, content) in rules.replacements {
      let step = Normalizer.Step.replace(pattern, with: content)
      var normalizer = Normalizer()
      normalizer.steps = [step]
      bytes = bytes.withUnsafeBufferPointer { normalizer.normalized($0) } ?? bytes
    }
    block += bytes
  }

  private static func rules(_ node: JSONNode?, _ cut: PreTokenizer) throws -> Rules {
    var rules = Rules()
    guard let node else {
      rules.byteLevel = cut.isByteLevel
      if cut.isMetaspace { rules.addMetaspace(stripping: cut.prefix != .never) }
      return rules
    }
    try read(node, &rules)
    return rules
  }

  private static func read(_ node: JSONNode, _ rules: inout Rules) throws {
    let type = try node.required("type")
    switch try type.string() {
    case "Sequence":
      for child in try node.required("decoders").elements() { try read(child, &rules) }
    case "ByteLevel": rules.byteLevel = true
    case "ByteFallback": rules.byteFallback = true
    case "Fuse": break
    case "Metaspace":
      let scheme = try node.optional("prepend_scheme")?.string()
      let legacy = try node.bool("add_prefix_space", default: true)
      rules.addMetaspace(stripping: scheme.map { $0 != "never" } ?? legacy)
    case "Replace":
      let pattern = try node.required("pattern").required("String")
      let bytes = try pattern.utf8()
      guard !bytes.isEmpty else { throw pattern.error("must not be empty") }
      let content = try node.required("content")
      guard try content.utf8().count <= bytes.count else {
        throw content.error("is longer than its pattern", .unsupported)
      }
      rules.replacements.append((bytes, try content.utf8()))
    case "Strip":
      let content = try node.required("content")
      guard try content.string() == " " else {
        throw content.error("only spaces are stripped", .unsupported)
      }
      let stop = try node.required("stop")
      guard try stop.integer() == 0 else {
        throw stop.error("nothing is stripped at the end", .unsupported)
      }
      let start = try node.required("start")
      rules.leadingSpaces = try start.integer()
      guard rules.leadingSpaces >= 0 else { throw start.error("must not be negative") }
    case let name:
      throw type.error(
        "unknown decoder \(name); known: ByteLevel, ByteFallback, Replace, Fuse, Strip, "
          + "Metaspace, Sequence", .unsupported)
    }
  }
}

extension TokenBytes.Rules {
  /// U+2581 stands for a space, of which the first one was put there where `stripping`.
  fileprivate mutating func addMetaspace(stripping: Bool) {
    replacements.append((Array("\u{2581}".utf8), [UInt8(ascii: " ")]))
    leadingSpaces = stripping ? 1 : 0
  }
}
