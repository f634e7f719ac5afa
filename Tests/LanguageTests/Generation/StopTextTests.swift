import Foundation
import TestSupport
import Testing

@testable import Language
@testable import Tensors

@Suite("Stop texts") struct StopTextTests {
  /// The rule by brute force: the shortest beginning of the text that ends with a stop.
  private static func expected(_ text: [UInt8], _ stops: [[UInt8]]) -> (text: [UInt8], Bool) {
    for end in text.indices {
      let read = text[...end]
      let whole = stops.filter { !$0.isEmpty && read.suffix($0.count).elementsEqual($0) }
      if let length = whole.map(\.count).max() { return (Array(read.dropLast(length)), true) }
    }
    return (text, false)
  }

  @Test("are found however the text is cut; nothing behind comes, nothing before is lost")
  func finder() throws {
    var generator = SeededGenerator(seed: 4)
    func text(_ length: Int) -> [UInt8] {
      (0..<length).map { _ in UInt8.random(in: 97...98, using: &generator) }
    }
    var found = 0
    for _ in 0..<4_000 {
      let whole = text(Int.random(in: 0...14, using: &generator))
      let stops = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        text(Int.random(in: 0...6, using: &generator))
      }
      let expected = StopTextTests.expected(whole, stops)
      var finder = StopFinder(stops)
      var shown: [UInt8] = []
      var place = 0
      while place < whole.count {
        let end = min(whole.count, place + Int.random(in: 1...4, using: &generator))
        shown += finder.next(Array(whole[place..<end]))
        // What is shown is never taken back.
        #expect(expected.text.starts(with: shown))
        place = end
      }
      shown += finder.finish()
      #expect(shown == expected.text && finder.isFound == expected.1)
      found += finder.isFound ? 1 : 0
    }
    #expect(found > 1_000)
  }

  @Test("only what may be the beginning of one is held back") func held() {
    var finder = StopFinder([Array("\n\nQ:".utf8), Array("END".utf8)])
    #expect(finder.next(Array("one\n".utf8)) == Array("one".utf8))
    #expect(finder.next(Array("two\n\n".utf8)) == Array("\ntwo".utf8))
    #expect(finder.next(Array("\nQ".utf8)) == Array("\n".utf8))
    #expect(finder.next(Array("E".utf8)) == Array("\n\nQ".utf8))
    #expect(finder.next(Array("N".utf8)) == [])
    #expect(finder.finish() == Array("EN".utf8))
  }

  /// A model of 256 bytes as tokens.
  private static func bytes() throws -> (LanguageModel, Tokenizer) {
    var shape = try TinyCheckpoint.llama.model().shape
    shape.vocabulary = 256
    let model = try LanguageModel(shape)
    var generator = SeededGenerator(seed: 8)
    for parameter in model.layout.parameters {
      for index in parameter.place.range {
        let random = Float.random(in: -1...1, using: &generator)
        model.weights.base[index] = parameter.shape.count == 1 ? 1 + 0.1 * random : 0.4 * random
      }
    }
    let tokenizer = try BPETrainer().train(vocabularySize: 256)
    return (model, try Tokenizer(json: tokenizer, path: "bytes"))
  }

  @Test("each answer of a batch stops on its own") func batch() throws {
    let (model, tokenizer) = try StopTextTests.bytes()
    let generator = Generator(model, tokenizer: tokenizer, sequences: 3, on: Workers(count: 1))
    // Only ASCII may come, so that every token is a character.
    let prompts = (0..<6).map { tokenizer.encode("prompt \($0)") }
    let plain = try generator.generate(prompts.map { Generator.Request($0, limit: 20) })
    var requests: [Generator.Request] = []
    var expected: [(tokens: Int, text: [UInt8])] = []
    for (number, answer) in plain.enumerated() {
      // A stop of the bytes of several tokens that are whole characters; the odd ones have none.
      let text = answer.text ?? []
      #expect(text == tokenizer.decode(answer.tokens) && text.count == 20)
      let ascii = text.indices.first {
        $0 >= 2 + number && $0 + 3 <= text.count && text[$0..<($0 + 3)].allSatisfy { $0 < 128 }
      }
      var request = Generator.Request(prompts[number], limit: 20)
      if number % 2 == 0, let ascii {
        request.stopTexts = [
          String(decoding: text[ascii..<(ascii + 3)], as: UTF8.self), "never",
        ]
      }
      let stops = request.stopTexts.map { Array($0.utf8) }
      let (cut, isStopped) = StopTextTests.expected(text, stops)
      expected.append((isStopped ? cut.count + 3 : 20, cut))
      requests.append(request)
    }
    #expect(expected.filter { $0.tokens < 20 }.count > 0)
    var shown: [Int: [UInt8]] = [:]
    var seen: [Int: [Int32]] = [:]
    let answers = try generator.generate(
      requests,
      onToken: { request, token in
        seen[request, default: []].append(token)
        return true
      }, onText: { request, text in shown[request, default: []] += text })
    for (number, answer) in answers.enumerated() {
      #expect(answer.text == expected[number].text && shown[number] == answer.text)
      // The tokens of the stop are the last of the answer's.
      #expect(answer.tokens == Array(plain[number].tokens.prefix(expected[number].tokens)))
      #expect(seen[number] == answer.tokens)
      #expect(answer.ending == (expected[number].tokens < 20 ? .stopText : .limit))
    }
  }

  @Test("without a tokenizer there is no text") func noText() throws {
    let (model, _) = try StopTextTests.bytes()
    let answers = try Generator(model, on: Workers(count: 1)).generate([
      Generator.Request([1], limit: 2), Generator.Request([1], limit: 0),
    ])
    #expect(answers.map(\.text) == [nil, nil])
  }
}
