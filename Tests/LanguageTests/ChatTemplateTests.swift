import Foundation
import Streams
import Testing

@testable import Language

/// The expected texts of llama-3.0, llama-2, qwen2, zephyr and mistral are what Jinja renders from
/// the checkpoints' published templates; those of llama-3 and chatml follow the published format.
@Suite("Chat templates") struct ChatTemplateTests {
  static let turns = [
    ChatMessage(.user, " One? "), ChatMessage(.assistant, "Two. "), ChatMessage(.user, "Three?"),
  ]
  static let all = [ChatMessage(.system, " Be brief.\n")] + turns

  @Test(
    "with a system message",
    arguments: [
      (
        "llama-3",
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
          + "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\nBe brief.<|eot_id|>"
          + "<|start_header_id|>user<|end_header_id|>\n\nOne?<|eot_id|>"
          + "<|start_header_id|>assistant<|end_header_id|>\n\nTwo.<|eot_id|>"
          + "<|start_header_id|>user<|end_header_id|>\n\nThree?<|eot_id|>"
          + "<|start_header_id|>assistant<|end_header_id|>\n\n"
      ),
      (
        "llama-3.0",
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
          + "<|start_header_id|>user<|end_header_id|>\n\nOne?<|eot_id|>"
          + "<|start_header_id|>assistant<|end_header_id|>\n\nTwo.<|eot_id|>"
          + "<|start_header_id|>user<|end_header_id|>\n\nThree?<|eot_id|>"
          + "<|start_header_id|>assistant<|end_header_id|>\n\n"
      ),
      (
        "llama-2",
        "<s>[INST] <<SYS>>\n Be brief.\n\n<</SYS>>\n\n One? [/INST] Two. </s>"
          + "<s>[INST] Three? [/INST]"
      ),
      (
        "qwen2",
        "<|im_start|>system\n Be brief.\n<|im_end|>\n<|im_start|>user\n One? <|im_end|>\n"
          + "<|im_start|>assistant\nTwo. <|im_end|>\n<|im_start|>user\nThree?<|im_end|>\n"
          + "<|im_start|>assistant\n"
      ),
      (
        "zephyr",
        "<|system|>\n Be brief.\n</s>\n<|user|>\n One? </s>\n<|assistant|>\nTwo. </s>\n"
          + "<|user|>\nThree?</s>\n<|assistant|>\n"
      ),
      (
        "mistral",
        "<s> [INST]  Be brief.\n\n\n One?  [/INST] Two. </s> [INST] Three? [/INST]"
      ),
      ("none", " Be brief.\n\n\n One? \n\nTwo. \n\nThree?"),
    ])
  func withSystem(name: String, expected: String) throws {
    #expect(try ChatTemplate(named: name).text(of: ChatTemplateTests.all) == expected)
  }

  @Test(
    "without a system message",
    arguments: [
      ("llama-2", "<s>[INST] One? [/INST] Two. </s><s>[INST] Three? [/INST]"),
      ("mistral", "<s> [INST]  One?  [/INST] Two. </s> [INST] Three? [/INST]"),
      (
        "chatml",
        "<|im_start|>user\n One? <|im_end|>\n<|im_start|>assistant\nTwo. <|im_end|>\n"
          + "<|im_start|>user\nThree?<|im_end|>\n<|im_start|>assistant\n"
      ),
      (
        "qwen2",
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
          + "<|im_start|>user\n One? <|im_end|>\n<|im_start|>assistant\nTwo. <|im_end|>\n"
          + "<|im_start|>user\nThree?<|im_end|>\n<|im_start|>assistant\n"
      ),
    ])
  func withoutSystem(name: String, expected: String) throws {
    #expect(try ChatTemplate(named: name).text(of: ChatTemplateTests.turns) == expected)
  }

  @Test("every name leads to its template, and an unknown one names them all") func names() throws {
    for template in ChatTemplate.allCases {
      #expect(try ChatTemplate(named: template.rawValue) == template)
    }
    let error = #expect(throws: TokenizerError.self) { try ChatTemplate(named: "llama-9") }
    #expect(error?.code == .unknownName)
    #expect(error?.consequence == .usage)
    for template in ChatTemplate.allCases {
      #expect(error?.description.contains(template.rawValue) == true)
    }
  }

  @Test("turns out of order are refused, not written", arguments: [ChatTemplate.llama2, .mistral])
  func order(template: ChatTemplate) {
    let wrong = [ChatMessage(.user, "a"), ChatMessage(.user, "b")]
    let error = #expect(throws: TokenizerError.self) { try template.text(of: wrong) }
    #expect(error?.key == "message 1")
    #expect(throws: TokenizerError.self) { try template.text(of: [ChatMessage(.assistant, "a")]) }
  }

  @Test("a tokenizer must have the special tokens of a template") func specialTokens() throws {
    func tokenizer(_ special: [String]) throws -> Tokenizer {
      let trained = try BPETrainer().train(vocabularySize: 256)
      var object = try #require(
        try JSONSerialization.jsonObject(with: Data(trained)) as? [String: Any])
      object["added_tokens"] = special.enumerated().map { index, content in
        [
          "id": 256 + index, "content": content, "special": true, "normalized": false,
          "single_word": false, "lstrip": false, "rstrip": false,
        ]
      }
      return try Tokenizer(
        json: Array(JSONSerialization.data(withJSONObject: object)), path: "t.json")
    }
    try ChatTemplate.none.check(try tokenizer([]))
    let error = #expect(throws: TokenizerError.self) {
      try ChatTemplate.llama3.check(try tokenizer(["<|begin_of_text|>", "<|eot_id|>"]))
    }
    #expect(error?.consequence == .usage)
    let words = error?.description ?? ""
    #expect(words.contains("t.json") && words.contains("llama-3"))
    #expect(words.contains("<|start_header_id|>, <|end_header_id|>;"))
    #expect(!words.contains("<|eot_id|>"))
    // Every template's text holds its tokens, and the token that ends a turn is one of them.
    for template in ChatTemplate.allCases {
      let special = template.specialTokens
      try template.check(try tokenizer(special))
      let text = try template.text(
        of: [ChatMessage(.user, "a"), ChatMessage(.assistant, "b"), ChatMessage(.user, "c")])
      #expect(special.allSatisfy(text.contains), "\(template)")
      #expect(template.turnEnd.map(special.contains) ?? special.isEmpty, "\(template)")
      for token in special {
        #expect(throws: TokenizerError.self) {
          try template.check(try tokenizer(special.filter { $0 != token }))
        }
      }
    }
  }
}
