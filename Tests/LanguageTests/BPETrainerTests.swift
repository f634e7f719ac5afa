import Foundation
import Streams
import TestSupport
import Testing

@testable import Language

@Suite("Training of a vocabulary") struct BPETrainerTests {
  /// The merges of a naive training: count all pairs afresh, take the most frequent, of equals the
  /// smallest, and replace it from the left.
  private func naiveMerges(_ words: [[Int32]], first: Int32, count: Int, minimum: Int)
    -> [[Int32]]
  {
    var words = words
    var merges: [[Int32]] = []
    for id in first..<(first + Int32(count)) {
      var counts: [[Int32]: Int] = [:]
      for word in words {
        for place in word.indices.dropLast() {
          counts[[word[place], word[place + 1]], default: 0] += 1
        }
      }
      let best = counts.min { left, right in
        left.value != right.value
          ? left.value > right.value : left.key.lexicographicallyPrecedes(right.key)
      }
      guard let best, best.value >= minimum else { break }
      merges.append(best.key)
      words = words.map { word in
        var result: [Int32] = []
        var place = 0
        while place < word.count {
          let pair = place + 1 < word.count && [word[place], word[place + 1]] == best.key
          result.append(pair ? id : word[place])
          place += pair ? 2 : 1
        }
        return result
      }
    }
    return merges
  }

  @Test("pairs are counted as they stand after every merge") func counting() {
    var generator = SeededGenerator(seed: 31)
    for round in 0..<20 {
      let letters = Int32(2 + round % 3)
      let words = (0..<40).map { _ in
        (0..<Int.random(in: 1...9, using: &generator)).map { _ in
          Int32.random(in: 0..<letters, using: &generator)
        }
      }
      let expected = naiveMerges(words, first: letters, count: 30, minimum: 2)
      var pairs = PairCounts(words: words, counts: words.map { _ in 1 })
      var merges: [[Int32]] = []
      while merges.count < 30, let (left, right) = pairs.best(minimum: 2) {
        pairs.merge(left, right, into: letters + Int32(merges.count))
        merges.append([left, right])
      }
      #expect(merges == expected, "round \(round)")
    }
  }

  @Test("the order of the documents changes nothing") func order() throws {
    var generator = SeededGenerator(seed: 32)
    let texts = (0..<50).map { _ in TokenizerPropertyTests.text(&generator, count: 80) }
    for words in BPETrainer.Words.allCases {
      var forward = BPETrainer(words: words)
      var backward = BPETrainer(words: words)
      texts.forEach { forward.add($0) }
      texts.reversed().forEach { backward.add($0) }
      let json = try forward.train(vocabularySize: 600, specialTokens: ["<s>"], startToken: "<s>")
      #expect(
        try backward.train(
          vocabularySize: 600, specialTokens: ["<s>"], startToken: "<s>") == json)
      let tokenizer = try Tokenizer(json: json, path: "trained")
      #expect(tokenizer.vocabularySize > 257)
      for text in texts {
        let ids = tokenizer.encode(text)
        #expect(ids.first == 0)
        #expect(tokenizer.decode(ids, skippingSpecial: true) == text)
      }
    }
  }

  @Test(
    "tldr_en has no more tokens than after Hugging Face's training",
    .enabled(if: Repository.shared != nil, "needs ../shared")) func tldr() throws
  {
    let data = try Data(contentsOf: TokenizerFixtures.path("trained.json"))
    let expected = try JSONDecoder().decode([Int: Int].self, from: data)
    #expect(expected.count == 2)
    let texts = try TokenizerFixtures.corpus("tldr_pages/tldr_en.jsonl.zst")
    var trainer = BPETrainer()
    texts.forEach { trainer.add($0) }
    for (size, count) in expected {
      let tokenizer = try Tokenizer(json: trainer.train(vocabularySize: size), path: "trained")
      #expect(tokenizer.vocabularySize == size)
      let tokens = texts.reduce(0) { $0 + tokenizer.encode($1).count }
      // The rules are the same, so that the merges are: not one token more.
      #expect(tokens <= count, "\(size)")
    }
  }

  @Test("settings that cannot be met are refused") func refusals() {
    let trainer = BPETrainer()
    func key(_ size: Int, _ special: [String] = [], _ start: String? = nil, _ least: Int = 2)
      -> String?
    {
      let error = #expect(throws: TokenizerError.self) {
        _ = try trainer.train(
          vocabularySize: size, specialTokens: special, startToken: start, minimumCount: least)
      }
      #expect(error?.consequence == .usage)
      return error?.key
    }
    #expect(key(255) == "vocabularySize")
    #expect(key(256, ["<s>"]) == "vocabularySize")
    #expect(key(1 << 30) == "vocabularySize")
    #expect(key(300, ["a"]) == "specialTokens")
    #expect(key(300, ["<s>", "<s>"]) == "specialTokens")
    #expect(key(300, [""]) == "specialTokens")
    #expect(key(300, ["<s>"], "</s>") == "startToken")
    #expect(key(300, [], nil, 0) == "minimumCount")
  }
}
