import Foundation
import TestSupport
import Testing

@testable import Language

@Suite("What holds for every text") struct TokenizerPropertyTests {
  /// Random bytes: UTF-8 of all lengths, spaces, apostrophes, and bytes that are not UTF-8.
  static func text(_ generator: inout SeededGenerator, count: Int) -> [UInt8] {
    var text: [UInt8] = []
    let pieces = [" ", "  ", "\n", "\r\n", "'s", "'LL", "\u{3000}", "e\u{301}", "12", "word", "."]
    for _ in 0..<count {
      switch Int.random(in: 0..<8, using: &generator) {
      case 0, 1: text += (pieces.randomElement(using: &generator) ?? "").utf8
      case 2: text.append(UInt8.random(in: 0...255, using: &generator))
      case 3: text.append(UInt8.random(in: 97...102, using: &generator))
      default:
        let top: UInt32 = [0x80, 0x800, 0x3000, 0x110000].randomElement(using: &generator) ?? 0x80
        let scalar = Unicode.Scalar(UInt32.random(in: 0..<top, using: &generator)) ?? "?"
        text += String(Character(scalar)).utf8
      }
    }
    return text
  }

  /// Where the characters of a text start, and its end.
  static func starts(_ text: [UInt8]) -> Set<Int> {
    var starts: Set<Int> = [text.count]
    text.withUnsafeBufferPointer { text in
      guard let base = text.baseAddress else { return }
      var place = 0
      while place < text.count {
        starts.insert(place)
        place += UTF8Scalar.length(base, place, text.count)
      }
    }
    return starts
  }

  @Test("any bytes come back", arguments: ["llama3", "trained"]) func roundTrip(kind: String) throws
  {
    let tokenizer =
      kind == "trained"
      ? try Tokenizer(json: BPETrainer().train(vocabularySize: 256), path: kind)
      : try TokenizerFixtures.tokenizer(kind)
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<2000 {
      let text = TokenizerPropertyTests.text(&generator, count: 40)
      let ids = tokenizer.encode(text, addingSpecial: false)
      #expect(tokenizer.decode(ids) == text)
    }
  }

  @Test("decoding token by token is decoding", arguments: TokenizerFixtures.kinds)
  func streaming(kind: String) throws {
    let tokenizer = try TokenizerFixtures.tokenizer(kind)
    var generator = SeededGenerator(seed: 12)
    for round in 0..<400 {
      var ids = tokenizer.encode(TokenizerPropertyTests.text(&generator, count: 20))
      if round % 2 == 0 {
        // What a model may say: any ids, also those that are no tokens.
        ids = (0..<30).map { _ in Int32.random(in: -2...1400, using: &generator) }
      }
      var decoder = tokenizer.decoder()
      var pieces: [[UInt8]] = ids.map { decoder.next($0) }
      pieces.append(decoder.finish())
      let whole = tokenizer.decode(ids)
      #expect(Array(pieces.joined()) == whole)
      // No piece ends in the midst of a character.
      var place = 0
      let starts = TokenizerPropertyTests.starts(whole)
      for piece in pieces {
        place += piece.count
        #expect(starts.contains(place))
      }
    }
  }

  @Test("a character in pieces waits for its end") func holdsBack() throws {
    let tokenizer = try Tokenizer(json: BPETrainer().train(vocabularySize: 256), path: "bytes")
    let ids = tokenizer.encode("é🙂")
    #expect(ids.count == 6)
    var decoder = tokenizer.decoder()
    let pieces = ids.map { decoder.next($0) }
    #expect(pieces == [[], Array("é".utf8), [], [], [], Array("🙂".utf8)])
    #expect(decoder.finish() == [])
    _ = decoder.next(ids[0])
    #expect(decoder.finish() == [0xC3])
  }

  @Test("tokens do not depend on what was encoded before or beside") func tasks() async throws {
    let tokenizer = try TokenizerFixtures.tokenizer("llama3")
    var generator = SeededGenerator(seed: 13)
    let texts = (0..<300).map { _ in TokenizerPropertyTests.text(&generator, count: 60) }
    let alone = try texts.map { try TokenizerFixtures.tokenizer("llama3").encode($0) }
    await withTaskGroup(of: (Int, [Int32]).self) { group in
      for (index, text) in texts.enumerated() {
        group.addTask { (index, tokenizer.encode(text)) }
      }
      for await (index, ids) in group { #expect(ids == alone[index]) }
    }
  }

  // MARK: - Merging

  /// BPE as it is defined: the pair of the smallest rank, the leftmost of those, until none is.
  private func naive(_ symbols: [Int32], _ ranks: [UInt64: (rank: Int, id: Int32)]) -> [Int32] {
    var symbols = symbols
    while true {
      var best: (rank: Int, place: Int, id: Int32)?
      for place in symbols.indices.dropLast() {
        let found = ranks[MergeTable.pack(symbols[place], symbols[place + 1])]
        if let found, found.rank < best?.rank ?? .max { best = (found.rank, place, found.id) }
      }
      guard let best else { return symbols }
      symbols.replaceSubrange(best.place...(best.place + 1), with: [best.id])
    }
  }

  @Test("merging is what it is defined to be, in short words and long") func merging() throws {
    var generator = SeededGenerator(seed: 14)
    for round in 0..<60 {
      // Few letters and random merges: many overlaps, ties and chains.
      let letters = Int32(1 + round % 4)
      var merges: [(left: Int32, right: Int32, result: Int32)] = []
      var ranks: [UInt64: (rank: Int, id: Int32)] = [:]
      var next = letters
      for _ in 0..<25 {
        let left = Int32.random(in: 0..<next, using: &generator)
        let right = Int32.random(in: 0..<next, using: &generator)
        guard ranks[MergeTable.pack(left, right)] == nil else { continue }
        ranks[MergeTable.pack(left, right)] = (merges.count, next)
        merges.append((left, right, next))
        next += 1
      }
      var merger = WordMerger(table: MergeTable(merges))
      for length in [0, 1, 2, 3, 7, 20, 47, 48, 49, 50, 120, 300] {
        let word = (0..<length).map { _ in Int32.random(in: 0..<letters, using: &generator) }
        merger.reserve(length)
        for (index, symbol) in word.enumerated() { merger.ids[index] = symbol }
        let count = merger.merge(count: length)
        let merged = (0..<count).map { merger.ids[$0] }
        #expect(merged == naive(word, ranks), "round \(round), length \(length)")
      }
    }
  }

  @Test("a megabyte of one letter is a word like any other") func longWord() throws {
    let tokenizer = try TokenizerFixtures.tokenizer("llama3")
    for letter in ["a", " ", "\n", "9", "é", "\u{301}", "中", "'"] {
      let text = Array(String(repeating: letter, count: (1 << 20) / letter.utf8.count).utf8)
      #expect(tokenizer.decode(tokenizer.encode(text), skippingSpecial: true) == text)
    }
    // Added tokens that take the space around them look at it once.
    let json = try TokenizerFixtures.json("gpt2").replacingOccurrences(
      of: #""content":"  ","single_word":false,"lstrip":false,"rstrip":false"#,
      with: #""content":"  ","single_word":false,"lstrip":true,"rstrip":true"#)
    try #require(try json != TokenizerFixtures.json("gpt2"))
    let stripping = try Tokenizer(json: Array(json.utf8), path: "stripping")
    #expect(!stripping.encode([UInt8](repeating: 0x20, count: 1 << 20)).isEmpty)
    let composing = try TokenizerFixtures.tokenizer("qwen2")
    let marks = Array(String(repeating: "\u{323}\u{301}", count: 1 << 18).utf8)
    #expect(!composing.encode(marks).isEmpty)
  }
}
