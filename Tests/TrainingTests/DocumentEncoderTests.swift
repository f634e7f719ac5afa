import Foundation
import Language
import Streams
import TestSupport
import Testing
import Training

@Suite("Documents as tokens") struct DocumentEncoderTests {
  /// A tokenizer whose tokens are start, end and bytes, so that tokens are told by hand.
  static func byteTokenizer(start: Bool) throws -> Tokenizer {
    let json = try BPETrainer().train(
      vocabularySize: 257, specialTokens: ["<|endoftext|>"],
      startToken: start ? "<|endoftext|>" : nil)
    return try Tokenizer(json: json, path: "bytes")
  }

  /// SentencePiece's way: a space in front of every text.
  static let metaspace = """
    {"version":"1.0","added_tokens":[],"normalizer":null,
     "pre_tokenizer":{"type":"Metaspace","replacement":"\u{2581}","prepend_scheme":"first"},
     "post_processor":null,"decoder":{"type":"Metaspace","replacement":"\u{2581}",
     "prepend_scheme":"first"},
     "model":{"type":"BPE","vocab":{"a":0,"b":1,"c":2,"\u{2581}":3,"ab":4,"\u{2581}c":5},
     "merges":["a b","\u{2581} c"]}}
    """

  private func bytes(_ text: String, _ tokenizer: Tokenizer) -> [Int32] {
    tokenizer.encode(text, addingSpecial: false)
  }

  @Test("a text stands between start and end") func text() throws {
    let tokenizer = try Self.byteTokenizer(start: true)
    let end = try DocumentEncoder.end(named: nil, of: tokenizer)
    #expect(end == 0)
    let encoder = DocumentEncoder(tokenizer, end: end)
    let document = try Array("héy".utf8).withUnsafeBytes {
      try encoder.document(text: $0, digest: .zero)
    }
    #expect(document.tokens == [0] + bytes("héy", tokenizer) + [0])
    #expect(document.tokens.count == 6 && document.targets == 5)
    #expect(document.byteCount == 4)
    let empty = try [UInt8]().withUnsafeBytes { try encoder.document(text: $0, digest: .zero) }
    #expect(empty.tokens.isEmpty && empty.targets == 0 && empty.byteCount == 0)
  }

  @Test("masked bytes and the tokens that they touch are not scored") func masks() throws {
    let tokenizer = try Self.byteTokenizer(start: false)
    let encoder = DocumentEncoder(tokenizer, end: 0)
    let document = try Array("abcdef".utf8).withUnsafeBytes {
      try encoder.document(text: $0, masked: [1..<3, 5..<5, 5..<6], digest: .zero)
    }
    #expect(document.scored == [true, false, false, true, true, false, true])

    var trainer = BPETrainer()
    trainer.add(Array("abc abc abc abc".utf8))
    let merged = try Tokenizer(
      json: try trainer.train(vocabularySize: 300), path: "merged")
    let whole = try Array("abc abc".utf8).withUnsafeBytes {
      try DocumentEncoder(merged, end: nil).document(text: $0, masked: [5..<6], digest: .zero)
    }
    #expect(whole.tokens.count == 2)
    #expect(whole.scored == [true, false])
  }

  @Test("a mask needs the bytes of the text") func masksOfMetaspace() throws {
    let tokenizer = try Tokenizer(json: Array(Self.metaspace.utf8), path: "metaspace")
    let encoder = DocumentEncoder(tokenizer, end: nil)
    let text = Array("ab c".utf8)
    #expect(throws: TrainingDataError.self) {
      try text.withUnsafeBytes { try encoder.document(text: $0, masked: [0..<1], digest: .zero) }
    }
  }

  @Test("a response alone is scored, with the end behind it") func pairs() throws {
    let tokenizer = try Self.byteTokenizer(start: true)
    let encoder = DocumentEncoder(tokenizer, end: 0)
    let pair = encoder.document(
      prompt: Array("ab".utf8), response: Array("cd".utf8), digest: .zero)
    #expect(pair.tokens == [0] + bytes("abcd", tokenizer) + [0])
    #expect(pair.scored == [false, false, false, true, true, true])
    #expect(pair.promptCount == 3 && pair.targets == 3)
    let question = encoder.document(
      question: Array("x".utf8), answer: Array("y".utf8), digest: .zero)
    #expect(question.tokens == [0] + bytes("Question: x\nAnswer: y", tokenizer) + [0])
    // " y" and the end.
    #expect(question.targets == 3)
    let empty = encoder.document(question: Array("x".utf8), answer: [], digest: .zero)
    #expect(empty.targets == 0 && empty.byteCount == 0)
  }

  @Test("no token reaches from prompt to response") func boundary() throws {
    var trainer = BPETrainer()
    trainer.add(Array("abab abab abab".utf8))
    let tokenizer = try Tokenizer(json: try trainer.train(vocabularySize: 300), path: "merged")
    #expect(tokenizer.encode("abab").count == 1)
    let pair = DocumentEncoder(tokenizer, end: nil).document(
      prompt: Array("aba".utf8), response: Array("b".utf8), digest: .zero)
    #expect(tokenizer.decode(Array(pair.tokens[pair.promptCount...])) == Array("b".utf8))
    #expect(pair.targets == 1)
  }

  @Test("a tokenizer that puts spaces in front gets both texts as one") func metaspacePairs() throws
  {
    let tokenizer = try Tokenizer(json: Array(Self.metaspace.utf8), path: "metaspace")
    let encoder = DocumentEncoder(tokenizer, end: nil)
    // The space at the prompt's end is the response's: "ab" and " c".
    let pair = encoder.document(
      prompt: Array("ab ".utf8), response: Array("c".utf8), digest: .zero)
    #expect(pair.tokens == tokenizer.encode("ab c"))
    #expect(pair.tokens == [3, 4, 5] && pair.scored == [false, false, true])
  }

  @Test("an end that the tokenizer does not have is an error") func unknownEnd() throws {
    let tokenizer = try Self.byteTokenizer(start: false)
    #expect(throws: TrainingDataError.self) {
      try DocumentEncoder.end(named: "</s>", of: tokenizer)
    }
  }
}
