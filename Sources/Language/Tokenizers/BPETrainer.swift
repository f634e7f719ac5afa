internal import Streams

/// Learns a byte-level BPE vocabulary from a corpus (Sennrich, Haddow, Birch 2016; bytes as GPT-2).
///
/// The same documents give the same bytes, in any order: the most frequent pair merges first, of
/// equals the one whose ids are smallest. The result is a `tokenizer.json` that Hugging Face
/// `tokenizers` reads too.
public struct BPETrainer: Sendable {
  /// How texts are cut into words, which merges do not cross.
  public enum Words: String, Sendable, CaseIterable {
    case gpt2, llama3, qwen2

    fileprivate var cut: PreTokenizer.Cut {
      switch self {
      case .gpt2: .gpt2
      case .llama3: .llama3(digits: 3)
      case .qwen2: .llama3(digits: 1)
      }
    }

    fileprivate var pattern: String {
      switch self {
      case .gpt2: PreTokenizer.gpt2Pattern
      case .llama3: PreTokenizer.llama3Pattern
      case .qwen2: PreTokenizer.qwen2Pattern
      }
    }
  }

  /// Longer words are learned from in pieces of this many bytes: no token is that long.
  static let wordLimit = 1024

  /// How texts are cut into words.
  public let words: Words
  private var table = TextTable(capacity: 1 << 12)
  private var counts: [Int] = []

  /// A trainer that has seen nothing.
  public init(words: Words = .gpt2) {
    self.words = words
  }

  /// Counts the words of a document.
  public mutating func add(_ text: [UInt8]) {
    text.withUnsafeBytes { add($0) }
  }

  /// Counts the words of a document.
  public mutating func add(_ text: UnsafeRawBufferPointer) {
    text.withMemoryRebound(to: UInt8.self) { text in
      guard let base = text.baseAddress else { return }
      ScalarClass.table.withUnsafeBufferPointer { classes in
        let scanner = WordScanner(
          text: base, count: text.count, classes: classes.baseAddress.unsafelyUnwrapped)
        let digits = if case .llama3(let digits) = words.cut { digits } else { 0 }
        var place = 0
        while place < text.count {
          let end = digits > 0 ? scanner.llama3(place, digits: digits) : scanner.gpt2(place)
          while place < end {
            let length = min(end - place, BPETrainer.wordLimit)
            count(UnsafeBufferPointer(start: base + place, count: length))
            place += length
          }
        }
      }
    }
  }

  private mutating func count(_ word: UnsafeBufferPointer<UInt8>) {
    if let index = table.value(of: word) {
      counts[Int(index)] += 1
    } else {
      _ = table.insert(word, Int32(counts.count))
      counts.append(1)
    }
  }

  // MARK: - Training

  /// The text of a `tokenizer.json` learned from the documents so far.
  ///
  /// Ids: the special tokens, the 256 bytes, then one for each merge.
  ///
  /// - Parameters:
  ///   - vocabularySize: tokens of all kinds; fewer where the documents do not have the pairs.
  ///   - specialTokens: found in texts as they stand, never merged.
  ///   - startToken: one of them that is put before each text.
  ///   - minimumCount: a pair that stands less often is not merged.
  /// - Throws: ``TokenizerError`` (training) where the settings cannot be met.
  public func train(
    vocabularySize: Int, specialTokens: [String] = [], startToken: String? = nil,
    minimumCount: Int = 2
  ) throws -> [UInt8] {
    func refuse(_ key: String, _ detail: String) -> TokenizerError {
      TokenizerError(.training, path: "tokenizer", key: key, detail: detail)
    }
    let least = 256 + specialTokens.count
    guard vocabularySize >= least, vocabularySize <= 1 << 24 else {
      throw refuse("vocabularySize", "must be from \(least), for the bytes alone, to \(1 << 24)")
    }
    let bytes = Set(ByteAlphabet.scalars.map { String(Character($0)) })
    guard Set(specialTokens).count == specialTokens.count,
      specialTokens.allSatisfy({ !$0.isEmpty && !bytes.contains($0) })
    else { throw refuse("specialTokens", "must be different, not empty and longer than a byte") }
    if let startToken, !specialTokens.contains(startToken) {
      throw refuse("startToken", "must be one of the special tokens")
    }
    guard minimumCount >= 1 else { throw refuse("minimumCount", "must be at least 1") }
    var learned = Vocabulary(specialTokens)
    var pairs = PairCounts(
      words: (0..<table.count).map { table.text($0).map { learned.bytes[Int($0)] } },
      counts: counts)
    while learned.tokens.count < vocabularySize {
      guard let (left, right) = pairs.best(minimum: minimumCount) else { break }
      pairs.merge(left, right, into: learned.merge(left, right))
    }
    return json(learned, specialTokens, startToken).bytes
  }

  /// What has been learned.
  private struct Vocabulary {
    /// Each id's text.
    var tokens: [String]
    /// The id of each byte.
    var bytes: [Int32]
    /// The texts of the pairs that merge.
    var merges: [(String, String)] = []
    private var ids: [String: Int32] = [:]

    init(_ specialTokens: [String]) {
      tokens = specialTokens
      bytes = [Int32](repeating: 0, count: 256)
      let order = (0..<256).sorted { ByteAlphabet.scalars[$0] < ByteAlphabet.scalars[$1] }
      for byte in order {
        bytes[byte] = Int32(tokens.count)
        tokens.append(String(Character(ByteAlphabet.scalars[byte])))
      }
      for (id, token) in tokens.enumerated() { ids[token] = Int32(id) }
    }

    /// The token that a pair becomes: a new one, unless other pairs have made it before.
    mutating func merge(_ left: Int32, _ right: Int32) -> Int32 {
      merges.append((tokens[Int(left)], tokens[Int(right)]))
      let text = tokens[Int(left)] + tokens[Int(right)]
      if let known = ids[text] { return known }
      let id = Int32(tokens.count)
      tokens.append(text)
      ids[text] = id
      return id
    }
  }

  // MARK: - Writing

  private func json(_ learned: Vocabulary, _ special: [String], _ start: String?) -> JSONText {
    var text = JSONText()
    text.object { text in
      text.member("version", "1.0")
      text.name("truncation")
      text.null()
      text.name("padding")
      text.null()
      text.array("added_tokens") { text in
        for (id, token) in special.enumerated() {
          text.object { text in
            text.member("id", id)
            text.member("content", token)
            for flag in ["single_word", "lstrip", "rstrip", "normalized"] {
              text.member(flag, false)
            }
            text.member("special", true)
          }
        }
      }
      text.name("normalizer")
      text.null()
      text.name("pre_tokenizer")
      writeWords(&text)
      text.name("post_processor")
      if let start, let id = special.firstIndex(of: start) {
        BPETrainer.writeTemplate(&text, start, id)
      } else {
        text.null()
      }
      text.name("decoder")
      BPETrainer.writeByteLevel(&text, usesRegex: true)
      text.object("model") { text in BPETrainer.writeModel(&text, learned) }
    }
    return text
  }

  private func writeWords(_ text: inout JSONText) {
    guard words != .gpt2 else { return BPETrainer.writeByteLevel(&text, usesRegex: true) }
    text.object { text in
      text.member("type", "Sequence")
      text.array("pretokenizers") { text in
        text.object { text in
          text.member("type", "Split")
          text.object("pattern") { $0.member("Regex", words.pattern) }
          text.member("behavior", "Isolated")
          text.member("invert", false)
        }
        BPETrainer.writeByteLevel(&text, usesRegex: false)
      }
    }
  }

  private static func writeByteLevel(_ text: inout JSONText, usesRegex: Bool) {
    text.object { text in
      text.member("type", "ByteLevel")
      text.member("add_prefix_space", false)
      text.member("trim_offsets", true)
      text.member("use_regex", usesRegex)
    }
  }

  private static func writeTemplate(_ text: inout JSONText, _ start: String, _ id: Int) {
    func piece(_ text: inout JSONText, _ kind: String, _ id: String, _ type: Int) {
      text.object { text in
        text.object(kind) { text in
          text.member("id", id)
          text.member("type_id", type)
        }
      }
    }
    text.object { text in
      text.member("type", "TemplateProcessing")
      text.array("single") { text in
        piece(&text, "SpecialToken", start, 0)
        piece(&text, "Sequence", "A", 0)
      }
      text.array("pair") { text in
        piece(&text, "SpecialToken", start, 0)
        piece(&text, "Sequence", "A", 0)
        piece(&text, "Sequence", "B", 1)
      }
      text.object("special_tokens") { text in
        text.object(start) { text in
          text.member("id", start)
          text.array("ids") { $0.value(id) }
          text.array("tokens") { $0.value(start) }
        }
      }
    }
  }

  private static func writeModel(_ text: inout JSONText, _ learned: Vocabulary) {
    text.member("type", "BPE")
    for name in ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"] {
      text.name(name)
      text.null()
    }
    text.member("fuse_unk", false)
    text.member("byte_fallback", false)
    text.member("ignore_merges", false)
    text.object("vocab") { text in
      for (id, token) in learned.tokens.enumerated() { text.member(token, id) }
    }
    text.array("merges") { text in
      for (left, right) in learned.merges { text.value("\(left) \(right)") }
    }
  }
}
