/// The vocabulary and the merges: the member `model` of `tokenizer.json`.
struct BPEModel: Sendable {
  /// Every token's text as the file has it, with its id.
  var texts: TextTable
  let merges: MergeTable
  /// The token of each byte: of its character (byte-level), or `<0x0A>` (byte fallback); -1 for one
  /// without; empty where a vocabulary has neither.
  let byteIDs: [Int32]
  /// The token of a character that the vocabulary lacks.
  let unknown: Int32?
  /// Whether neighbouring unknown characters are one token.
  let fusesUnknown: Bool
  /// Whether a word that is a token as a whole is not merged from its parts (Llama 3).
  let ignoresMerges: Bool
  /// The words' bytes that are tokens as a whole; only where ``ignoresMerges``.
  let wholeWords: TextTable?

  /// Reads the member `model`.
  ///
  /// - Parameter byteLevel: words become bytes in the alphabet of GPT-2.
  /// - Throws: ``TokenizerError`` with the key.
  init(_ node: JSONNode, byteLevel: Bool) throws {
    try BPEModel.checkKind(node)
    let vocabulary = try node.required("vocab")
    texts = try BPEModel.texts(vocabulary)
    merges = try BPEModel.merges(try node.required("merges"), texts)
    let fallback = try !byteLevel && node.bool("byte_fallback", default: false)
    byteIDs = try BPEModel.byteIDs(vocabulary, texts, byteLevel: byteLevel, fallback: fallback)
    // By bytes nothing is unknown, and the token may be one of the added ones.
    if let token = try node.optional("unk_token"), try !token.utf8().isEmpty, !byteLevel {
      guard let id = texts.value(of: try token.utf8()) else {
        throw token.error("is not in the vocabulary", .inconsistent)
      }
      unknown = id
    } else {
      unknown = nil
    }
    fusesUnknown = try node.bool("fuse_unk", default: false)
    ignoresMerges = try node.bool("ignore_merges", default: false)
    wholeWords = ignoresMerges ? BPEModel.words(texts, byteLevel: byteLevel) : nil
  }

  /// Refuses what is not built here, above all what would not be the same at every call.
  private static func checkKind(_ node: JSONNode) throws {
    if let type = try node.optional("type"), try type.string() != "BPE" {
      throw type.error("\(try type.string()) is not BPE, which alone is built", .unsupported)
    }
    if let dropout = try node.optional("dropout"), !dropout.isZero {
      throw dropout.error("dropout makes tokens random", .unsupported)
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let member = try node.optional(name), try !member.utf8().isEmpty {
        throw member.error("is not built", .unsupported)
      }
    }
  }

  /// The largest id that a vocabulary of `count` tokens may have: padding and gaps are usual, a
  /// single huge id is an attempt on the memory.
  static func idLimit(count: Int) -> Int {
    min(2 * count + 65_536, Int(Int32.max))
  }

  private static func texts(_ node: JSONNode) throws -> TextTable {
    guard node.kind == .object else { throw node.error("must be an object") }
    let document = node.document
    let count = Int(document.entries[node.index].count)
    let limit = idLimit(count: count)
    var texts = TextTable(capacity: count)
    var seen = [Bool](repeating: false, count: limit)
    var text: [UInt8] = []
    try node.forEachMember { name, value in
      text.removeAll(keepingCapacity: true)
      document.append(textAt: name, to: &text)
      func error(_ detail: String, _ code: TokenizerError.Code = .value) -> TokenizerError {
        let key = "\(node.key)[\"\(String(decoding: text.prefix(40), as: UTF8.self))\"]"
        return TokenizerError(code, path: document.path, key: key, detail: detail)
      }
      guard let id = document.smallNumber(at: value), id < limit else {
        throw error("the id must be a whole number from 0 to \(limit - 1)")
      }
      guard !seen[id] else { throw error("another token has id \(id) too", .inconsistent) }
      seen[id] = true
      guard text.withUnsafeBufferPointer({ texts.insert($0, Int32(id)) }) else {
        throw error("the token stands twice", .inconsistent)
      }
    }
    return texts
  }

  private static func merges(_ node: JSONNode, _ texts: TextTable) throws -> MergeTable {
    var merges: [(left: Int32, right: Int32, result: Int32)] = []
    guard node.kind == .array else { throw node.error("must be an array") }
    merges.reserveCapacity(Int(node.document.entries[node.index].count))
    var left: [UInt8] = []
    var right: [UInt8] = []
    try node.forEachElement { number, value in
      func error(_ detail: String) -> TokenizerError {
        node.element(number, at: value).error(detail, .inconsistent)
      }
      guard node.document.readPair(at: value, &left, &right) else {
        throw error("must be two tokens, as \"a b\" or [\"a\", \"b\"]")
      }
      guard let leftID = texts.value(of: left) else {
        throw error("the left token is not in the vocabulary")
      }
      guard let rightID = texts.value(of: right) else {
        throw error("the right token is not in the vocabulary")
      }
      left += right
      guard let result = texts.value(of: left) else {
        throw error("what it makes is not in the vocabulary")
      }
      merges.append((leftID, rightID, result))
    }
    try refuseRepeated(merges, node)
    return MergeTable(merges)
  }

  private static func refuseRepeated(
    _ merges: [(left: Int32, right: Int32, result: Int32)], _ node: JSONNode
  ) throws {
    var pairs = Set<UInt64>(minimumCapacity: merges.count)
    for (number, merge) in merges.enumerated() {
      guard pairs.insert(MergeTable.pack(merge.left, merge.right)).inserted else {
        throw TokenizerError(
          .inconsistent, path: node.document.path, key: "\(node.key)[\(number)]",
          detail: "the pair stands twice")
      }
    }
  }

  /// The tokens of the 256 bytes; -1 for one without. Each that UTF-8 has must be there: else a
  /// text would lose bytes in silence. (The vocabulary of GPT-NeoX has no others.)
  private static func byteIDs(
    _ node: JSONNode, _ texts: TextTable, byteLevel: Bool, fallback: Bool
  ) throws -> [Int32] {
    guard byteLevel || fallback else { return [] }
    return try (UInt8.min...UInt8.max).map { byte in
      let text = byteLevel ? ByteAlphabet.text(of: byte) : Array(fallbackText(of: byte).utf8)
      if let id = texts.value(of: text) { return id }
      guard isStray(byte) else {
        throw node.error("has no token for the byte \(byte)", .inconsistent)
      }
      return -1
    }
  }

  /// Whether no UTF-8 has this byte (RFC 3629).
  static func isStray(_ byte: UInt8) -> Bool {
    byte >= 0xF5 || byte == 0xC0 || byte == 0xC1
  }

  /// The text with U+FFFD for each byte that has no token; nil where it has none of those.
  func replacingStrays(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard byteIDs.contains(-1), text.contains(where: BPEModel.isStray) else { return nil }
    var result: [UInt8] = []
    for byte in text {
      if byteIDs[Int(byte)] < 0 { result += "\u{FFFD}".utf8 } else { result.append(byte) }
    }
    return result
  }

  /// The token of a byte where characters fall back to bytes: `<0x0A>`.
  static func fallbackText(of byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x\(byte < 16 ? "0" : "")\(digits)>"
  }

  private static func words(_ texts: TextTable, byteLevel: Bool) -> TextTable {
    guard byteLevel else { return texts }
    var words = TextTable(capacity: texts.count)
    var word: [UInt8] = []
    for index in 0..<texts.count {
      word.removeAll(keepingCapacity: true)
      texts.text(index).withUnsafeBufferPointer { ByteAlphabet.append(bytesOf: $0, to: &word) }
      // Two texts for the same bytes: the first stays.
      _ = word.withUnsafeBufferPointer { words.insert($0, texts.value(index)) }
    }
    return words
  }
}

extension JSONDocument {
  /// A whole number from 0 to 2^31 - 1 at `index`; nil for any other value.
  fileprivate func smallNumber(at index: Int) -> Int? {
    let entry = entries[index]
    guard entry.kind == .number, entry.count <= 10 else { return nil }
    var value = 0
    for place in Int(entry.start)..<Int(entry.start + entry.count) {
      let digit = bytes[place] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    return value <= Int(Int32.max) ? value : nil
  }

  /// The two texts of a merge, written as one string with a space or as two strings.
  fileprivate func readPair(at index: Int, _ left: inout [UInt8], _ right: inout [UInt8]) -> Bool {
    left.removeAll(keepingCapacity: true)
    right.removeAll(keepingCapacity: true)
    let entry = entries[index]
    switch entry.kind {
    case .string:
      append(textAt: index, to: &left)
      guard let space = left.firstIndex(of: UInt8(ascii: " ")) else { return false }
      right += left[(space + 1)...]
      left.removeSubrange(space...)
      return !right.contains(UInt8(ascii: " "))
    case .array:
      guard entry.count == 2, entries[index + 1].kind == .string,
        entries[index + 2].kind == .string
      else { return false }
      append(textAt: index + 1, to: &left)
      append(textAt: index + 2, to: &right)
      return true
    default:
      return false
    }
  }
}
