import Foundation
import Streams
import TestSupport
import Testing

@testable import Language

@Suite("Broken tokenizers") struct BrokenTokenizerTests {
  /// A small sound file: bytes, three merges, a special token.
  static func sound() throws -> String {
    var trainer = BPETrainer()
    trainer.add(Array("banana banana bandana".utf8))
    let json = try trainer.train(
      vocabularySize: 260, specialTokens: ["<s>"], startToken: "<s>")
    return String(decoding: json, as: UTF8.self)
  }

  private func failure(_ json: String) -> TokenizerError? {
    #expect(throws: TokenizerError.self) {
      try Tokenizer(json: Array(json.utf8), path: "/models/m/tokenizer.json")
    }
  }

  @Test("the file that the others are made of is sound") func soundFile() throws {
    let tokenizer = try Tokenizer(json: Array(BrokenTokenizerTests.sound().utf8), path: "sound")
    #expect(tokenizer.encode("banana").count < 7)
    #expect(tokenizer.id(of: "<s>") == 0)
    #expect(tokenizer.isSpecial(0) && !tokenizer.isSpecial(1) && !tokenizer.isSpecial(-1))
  }

  @Test("what a file says reaches no terminal as a control character") func printable() throws {
    let name = "\\u001b[2J\\u009b\\n" + String(repeating: "x", count: 5_000)
    let json = try BrokenTokenizerTests.sound()
      .replacingOccurrences(of: #""an":257"#, with: "\"\(name)\":-1")
    let error = try #require(failure(json))
    #expect(error.description.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9B })
    #expect(error.key.contains("?[2J??xxx") && error.description.utf8.count < 1_200)
  }

  @Test(
    "each is named with its key",
    arguments: [
      (#""merges":["a n""#, #""merges":["a q!""#, "model.merges[0]"),
      (#""merges":["a n""#, #""merges":["q! n""#, "model.merges[0]"),
      (#""merges":["a n""#, #""merges":["z q""#, "model.merges[0]"),
      (#""merges":["a n""#, #""merges":["an""#, "model.merges[0]"),
      (#""merges":["a n""#, #""merges":["a n b""#, "model.merges[0]"),
      (#""merges":["a n""#, #""merges":[["a"]"#, "model.merges[0]"),
      (#""merges":["a n""#, #""merges":[["a",7]"#, "model.merges[0]"),
      (#""merges":["a n""#, #""merges":[7"#, "model.merges[0]"),
      (#""merges":["a n""#, #""merges":["a n","a n""#, "model.merges[1]"),
      (#""merges":["#, #""merges":{},"x":["#, "model.merges"),
      (#""merges":["#, #""x":["#, "model.merges"),
      (#""an":257"#, #""an":1"#, #"model.vocab["an"]"#),
      (#""an":257"#, #""an":-1"#, #"model.vocab["an"]"#),
      (#""an":257"#, #""an":4000000000"#, #"model.vocab["an"]"#),
      (#""an":257"#, #""an":2000000"#, #"model.vocab["an"]"#),
      (#""an":257"#, #""an":2.5"#, #"model.vocab["an"]"#),
      (#""an":257"#, #""an":"x""#, #"model.vocab["an"]"#),
      (#""an":257"#, #""an":257,"an":300"#, #"model.vocab["an"]"#),
      (#""!":1,"#, "", "model.vocab"),
      (#""vocab":{"#, #""vocab":[],"x":{"#, "model.vocab"),
      (#""unk_token":null"#, #""unk_token":7"#, "model.unk_token"),
      (#""type":"BPE""#, #""type":"Unigram""#, "model.type"),
      (#""dropout":null"#, #""dropout":0.1"#, "model.dropout"),
      (#""end_of_word_suffix":null"#, #""end_of_word_suffix":"</w>""#, "model.end_of_word_suffix"),
      (#""fuse_unk":false"#, #""fuse_unk":0"#, "model.fuse_unk"),
      (#""model":{"#, #""model":7,"x":{"#, "model"),
      (#""model":{"#, #""x":{"#, "model"),
      (#""id":0,"content":"<s>""#, #""id":7,"content":"<s>""#, "added_tokens[0]"),
      (#""id":0,"content":"<s>""#, #""id":7,"content":"<new>""#, "added_tokens[0]"),
      (#""id":0,"content":"<s>""#, #""id":-7,"content":"<s>""#, "added_tokens[0].id"),
      (#""id":0,"content":"<s>""#, #""id":9000000000,"content":"<s>""#, "added_tokens[0].id"),
      (#""id":0,"content":"<s>""#, #""id":0,"content":"""#, "added_tokens[0].content"),
      (#""lstrip":false"#, #""lstrip":1"#, "added_tokens[0].lstrip"),
      (#""normalizer":null"#, #""normalizer":{"type":"NFKC"}"#, "normalizer.type"),
      (#""normalizer":null"#, #""normalizer":"NFC""#, "normalizer"),
      (
        #""normalizer":null"#,
        #""normalizer":{"type":"Sequence","normalizers":["#
          + Array(
            repeating: #"{"type":"Replace","pattern":{"String":" "},"content":"    "}"#, count: 40
          ).joined(separator: ",") + "]}", "normalizer"
      ),
      (
        #""decoder":{"type":"ByteLevel""#,
        #""decoder":{"type":"Replace","pattern":{"String":"a"},"content":"aaaa""#,
        "decoder.content"
      ),
      (
        #""pre_tokenizer":{"type":"ByteLevel""#, #""pre_tokenizer":{"type":"Whitespace""#,
        "pre_tokenizer.type"
      ),
      (#""ids":[0]"#, #""ids":[99999]"#, "post_processor.special_tokens.<s>.ids[0]"),
      (#""post_processor":{"#, #""post_processor":{"x":1,"x":2,"#, ""),
      (#""type":"TemplateProcessing""#, #""type":"Roberta""#, "post_processor.type"),
      (#""decoder":{"type":"ByteLevel""#, #""decoder":{"type":"CTC""#, "decoder.type"),
      (#""decoder":{"#, #""decoder":{"type":"ByteLevel","#, "decoder.type"),
    ])
  func named(part: String, change: String, key: String) throws {
    let sound = try BrokenTokenizerTests.sound()
    let broken = sound.replacingOccurrences(of: part, with: change)
    try #require(broken != sound, "the part is not in the file")
    if key.isEmpty {
      // A key that nothing reads may stand twice.
      #expect(throws: Never.self) { try Tokenizer(json: Array(broken.utf8), path: "odd") }
      return
    }
    let error = failure(broken)
    #expect(error?.key == key)
    #expect(error?.consequence == .input)
    #expect(error?.description.hasPrefix("/models/m/tokenizer.json: \(key): ") == true)
  }

  @Test("an expression that is not known is refused, not guessed") func pattern() throws {
    let json = try TokenizerFixtures.json("llama3")
    let error = failure(json.replacingOccurrences(of: "{1,3}", with: "{1,4}"))
    #expect(error?.code == .unsupported)
    #expect(error?.key == "pre_tokenizer.pretokenizers[0].pattern.Regex")
  }

  @Test("the token of the unknown must be in the vocabulary") func unknown() throws {
    let json = try TokenizerFixtures.json("llama2")
    let error = failure(
      json.replacingOccurrences(of: #""unk_token":"<unk>""#, with: #""unk_token":"<unknown>""#))
    #expect(error?.key == "model.unk_token")
  }

  @Test("a file that ends too early, at every byte") func truncated() throws {
    let json = Array(try BrokenTokenizerTests.sound().utf8)
    for count in stride(from: 0, to: json.count, by: 1) {
      let error = #expect(throws: TokenizerError.self) {
        try Tokenizer(json: Array(json[..<count]), path: "t")
      }
      #expect(error?.code == .json)
    }
  }

  @Test("a missing file and a folder") func missing() {
    #expect(throws: StreamsError.self) { try Tokenizer(path: "/nonexistent/tokenizer.json") }
    #expect(throws: StreamsError.self) { try Tokenizer(path: "/tmp") }
  }

  @Test("nesting without end is refused before the stack is", arguments: ["[", "{\"a\":"])
  func nesting(opening: String) {
    let error = failure(String(repeating: opening, count: 1 << 20))
    #expect(error?.code == .json)
  }

  /// Bytes changed, cut, doubled: a tokenizer that works, or an error of ours; nothing else.
  @Test("damaged files never end the process") func fuzz() throws {
    var generator = SeededGenerator(seed: 41)
    var sound: [[UInt8]] = [Array(try BrokenTokenizerTests.sound().utf8)]
    for kind in TokenizerFixtures.kinds {
      sound.append(Array(try TokenizerFixtures.json(kind).utf8))
    }
    var read = 0
    let rounds = ProcessInfo.processInfo.environment["CORDON_LONG"] == nil ? 6_000 : 300_000
    for round in 0..<rounds {
      var json = sound[round % sound.count]
      for _ in 0..<Int.random(in: 1...2, using: &generator) {
        let place = Int.random(in: 0..<json.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: json[place] = UInt8.random(in: 0...255, using: &generator)
        case 1:
          json[place] = Array("0123456789-\",:[]{}".utf8).randomElement(using: &generator) ?? 0
        case 2: json.remove(at: place)
        case 3: json.insert(json[json.count - 1 - place], at: place)
        default:
          let end = min(json.count, place + Int.random(in: 1...60, using: &generator))
          json.insert(
            contentsOf: json[place..<end], at: Int.random(in: 0..<json.count, using: &generator))
        }
      }
      do {
        let tokenizer = try Tokenizer(json: json, path: "fuzz")
        let text = TokenizerPropertyTests.text(&generator, count: 30)
        _ = tokenizer.decode(tokenizer.encode(text))
        read += 1
      } catch is TokenizerError {
      }
    }
    #expect(read > rounds / 100 && read < rounds)
  }
}
