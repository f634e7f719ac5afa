import Foundation
import Language
import Streams
import TestSupport
import Testing

@Suite("Tokenizers against published answers") struct TokenizerVectorTests {
  /// llama.cpp's vectors: texts between marks, one line of ids for each.
  private func llamaVectors(_ texts: URL, _ ids: URL) throws -> [TokenizerFixtures.Vector] {
    let texts = try String(contentsOf: texts, encoding: .utf8)
      .components(separatedBy: "\n__ggml_vocab_test__\n")
    let lines = try String(contentsOf: ids, encoding: .utf8).components(separatedBy: "\n")
    return zip(texts, lines).map { text, line in
      TokenizerFixtures.Vector(
        text: text, ids: line.split(separator: " ").compactMap { Int32($0) }, decoded: nil)
    }
  }

  @Test(
    "GPT-2 gives llama.cpp's and ember's ids",
    .enabled(if: Repository.shared != nil, "needs ../shared")) func gpt2() throws
  {
    let folder = Repository.shared("data/gpt2_tokenizer")
    let tokenizer = try Tokenizer(path: folder.appendingPathComponent("tokenizer.json").path)
    #expect(tokenizer.vocabularySize == 50257)
    var vectors = try llamaVectors(
      folder.appendingPathComponent("ggml-vocab-gpt-2.gguf.inp"),
      folder.appendingPathComponent("ggml-vocab-gpt-2.gguf.out"))
    #expect(vectors.count == 47)
    let ember = try Data(contentsOf: folder.appendingPathComponent("vectors_ember15.json"))
    vectors += try JSONDecoder().decode([TokenizerFixtures.Vector].self, from: ember)
    #expect(vectors.count == 62)
    #expect(TokenizerFixtures.mismatches(tokenizer, vectors) == [])
    for vector in vectors {
      #expect(tokenizer.decode(vector.ids) == Array(vector.text.utf8))
    }
  }

  @Test(
    "GPT-NeoX gives dolma's ids", .enabled(if: Repository.shared != nil, "needs ../shared"))
  func neox() throws {
    let folder = Repository.shared("data/dolma_tokenizers")
    let tokenizer = try Tokenizer(
      path: folder.appendingPathComponent("gpt-neo-test-tokenizer.json").path)
    let vectors = try llamaVectors(
      folder.appendingPathComponent("gpt-neox.inp"), folder.appendingPathComponent("gpt-neox.out"))
    #expect(vectors.count == 47)
    #expect(TokenizerFixtures.mismatches(tokenizer, vectors) == [])
    // Its vocabulary lacks the bytes that UTF-8 never has: they are replaced, not lost in silence.
    #expect(tokenizer.decode(tokenizer.encode([0x61, 0xFF, 0x62])) == Array("a\u{FFFD}b".utf8))
  }

  @Test("invented texts give the ids of Hugging Face", arguments: TokenizerFixtures.kinds)
  func invented(kind: String) throws {
    let tokenizer = try TokenizerFixtures.tokenizer(kind)
    let vectors = try TokenizerFixtures.vectors(kind)
    #expect(vectors.count > 400)
    #expect(TokenizerFixtures.mismatches(tokenizer, vectors) == [])
    for vector in vectors {
      let text = tokenizer.decode(vector.ids, skippingSpecial: true)
      #expect(String(decoding: text, as: UTF8.self).utf8.elementsEqual((vector.decoded ?? "").utf8))
    }
  }

  @Test(
    "whole corpora give the ids of Hugging Face",
    .enabled(if: Repository.shared != nil, "needs ../shared"))
  func corpora() throws {
    let digests = try TokenizerFixtures.lines(
      "digests.jsonl", as: TokenizerFixtures.CorpusDigest.self)
    #expect(digests.count == 4 * TokenizerFixtures.kinds.count)
    for (name, digests) in Dictionary(grouping: digests, by: \.corpus) {
      let texts = try TokenizerFixtures.corpus(name)
      for expected in digests {
        let tokenizer = try TokenizerFixtures.tokenizer(expected.kind)
        var stream = DigestStream()
        var tokens = 0
        var whole = 0
        for text in texts {
          let ids = tokenizer.encode(text)
          tokens += ids.count
          (ids + [-1]).withUnsafeBytes { stream.update($0) }
          let back = tokenizer.decode(ids, skippingSpecial: true)
          whole += back == text || !["gpt2", "llama3"].contains(expected.kind) ? 1 : 0
        }
        let label = "\(expected.kind) on \(name)"
        #expect(texts.count == expected.records, "\(label)")
        #expect(tokens == expected.tokens, "\(label)")
        #expect(stream.digest().hex == expected.sha256, "\(label)")
        // GPT-2's fixture puts a space before each text.
        if expected.kind == "llama3" { #expect(whole == texts.count, "\(label)") }
      }
    }
  }

  /// Each change of the file is one that the vectors must notice.
  @Test(
    "the vectors catch a wrong tokenizer",
    arguments: [
      ("llama3", #"\\p{N}{1,3}"#, #"\\p{N}"#),
      ("qwen2", #"\\p{N}| ?"#, #"\\p{N}{1,3}| ?"#),
      ("qwen2", #""normalizer":{"type":"NFC"}"#, #""normalizer":null"#),
      ("llama3", #""ignore_merges":true"#, #""ignore_merges":false"#),
      ("gpt2", #""add_prefix_space":true"#, #""add_prefix_space":false"#),
      ("gpt2", #""single_word":true"#, #""single_word":false"#),
      ("gpt2", #""lstrip":true"#, #""lstrip":false"#),
      ("gpt2", #""rstrip":true"#, #""rstrip":false"#),
      ("llama2", #""byte_fallback":true"#, #""byte_fallback":false"#),
      ("llama2", #"{"type":"Prepend","prepend":"▁"},"#, ""),
      ("metaspace", #""fuse_unk":true"#, #""fuse_unk":false"#),
      ("metaspace", #""prepend_scheme":"first""#, #""prepend_scheme":"always""#),
      ("metaspace", #"{"type":"Lowercase"},"#, ""),
    ])
  func mutants(kind: String, part: String, change: String) throws {
    let json = try TokenizerFixtures.json(kind)
    let changed = json.replacingOccurrences(of: part, with: change)
    try #require(changed != json, "the part is not in the file")
    let tokenizer = try Tokenizer(json: Array(changed.utf8), path: "mutant")
    #expect(TokenizerFixtures.mismatches(tokenizer, try TokenizerFixtures.vectors(kind)) != [])
  }
}
