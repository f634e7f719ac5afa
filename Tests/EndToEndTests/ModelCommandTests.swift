import Foundation
import TestSupport
import Testing

/// `generate`, `model inspect` and `model verify` as a person runs them.
@Suite struct ModelCommandTests {
  struct Answer: Decodable, Equatable {
    var ids: [Int]
    var text: String?
    var stop: String?
    var beyondTokenizer: Int?
  }

  static func generate(_ arguments: [String]) throws -> Answer {
    let result = try BuiltCommand.run(["generate"] + arguments + ["--json"])
    guard result.status == 0 else {
      throw UnexpectedStatus(status: result.status, expected: 0, stderr: result.stderr)
    }
    return try JSONDecoder().decode(Answer.self, from: result.stdout)
  }

  // MARK: - Published checkpoints

  struct Continuation: Decodable {
    var prompt_ids: [Int]
    var ids: [Int]
  }

  @Test(
    "stories260K goes on as published",
    .enabled(if: Repository.shared != nil, "needs ../shared")) func stories() throws
  {
    let folder = Repository.shared("data/stories260K")
    let data = try Data(contentsOf: folder.appendingPathComponent("golden_A.json"))
    for golden in try JSONDecoder().decode([Continuation].self, from: data) {
      let answer = try Self.generate([
        folder.appendingPathComponent("hf").path, "--greedy",
        "--prompt-ids", golden.prompt_ids.map(String.init).joined(separator: ","),
        "--max-tokens", String(golden.ids.count - golden.prompt_ids.count),
      ])
      #expect(answer.ids == golden.ids && answer.text == nil)
    }
  }

  @Test(
    "the golden checkpoints verify, and a changed number does not",
    .enabled(if: Repository.shared != nil, "needs ../shared")) func verify() throws
  {
    let folder = Repository.shared("golden/models")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.count == 7)
    for name in names {
      let model = folder.appendingPathComponent(name)
      let golden = model.appendingPathComponent("expected.safetensors")
      let result = try BuiltCommand.run(
        ["model", "verify", model.path, "--golden", golden.path])
      #expect(result.status == 0, "\(name): \(result.stderr)")
      let lines = String(decoding: result.stdout, as: UTF8.self).split(separator: "\n")
      #expect(lines.allSatisfy { $0.hasSuffix("ok") } && lines.count > 20)
      var bytes = Array(try Data(contentsOf: golden))
      bytes[try Self.offset(of: "sequence_nll", in: bytes) + 2] ^= 0x10
      try withScratchFile(bytes, named: "golden.safetensors") { path in
        let result = try BuiltCommand.run(
          ["model", "verify", model.path, "--golden", path, "--json"])
        #expect(result.status == 1, "\(name)")
        let object = try result.json()
        #expect(object["met"] as? Bool == false)
        let over = (object["findings"] as? [[String: Any]])?.filter { $0["met"] as? Bool == false }
        #expect(over?.map { $0["name"] as? String } == ["sequence_nll"])
      }
      try Self.refuseOthers(model.path, golden)
    }
  }

  /// Entries that are not compared, and shapes of another model, are said and not passed over.
  private static func refuseOthers(_ model: String, _ golden: URL) throws {
    let bytes = try Data(contentsOf: golden)
    let cases = [
      ("\"hidden.1\"", "\"hidden.9\"", "hidden.9: is nothing"),
      ("\"sequence_nll\"", "\"sequence_sum\"", "sequence_sum: is nothing"),
      ("[3,24,131]", "[24,3,131]", "logits: has the shape"),
      ("[3,24,48]", "[3,48,24]", "hidden.0: has the shape"),
    ]
    for (text, other, words) in cases {
      var changed = bytes
      let range = try #require(changed.range(of: Data(text.utf8)))
      changed.replaceSubrange(range, with: Data(other.utf8))
      try withScratchFile(Array(changed), named: "golden.safetensors") { path in
        let result = try BuiltCommand.run(["model", "verify", model, "--golden", path])
        #expect(result.status == 3, "\(text)")
        #expect(result.stderr.contains(words), "\(result.stderr)")
        #expect(result.stderr.contains("the reference that was made of this very checkpoint"))
      }
    }
  }

  /// Where a tensor's data begin in the bytes of a safetensors file.
  static func offset(of tensor: String, in bytes: [UInt8]) throws -> Int {
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<(8 + length)]))
    let entry = (header as? [String: Any])?[tensor] as? [String: Any]
    let offsets = try #require(entry?["data_offsets"] as? [Int])
    return 8 + length + offsets[0]
  }

  // MARK: - A checkpoint of our own

  @Test("inspect says what a model is") func inspect() throws {
    try TinyCheckpoint.with { _, model in
      let object = try BuiltCommand.run(["model", "inspect", model, "--json"]).json()
      #expect(object["architecture"] as? String == "llama")
      // Embedding and output 2·256·16; a block 16·(16+8+8+16) + 3·16·24 + 2·16; the last norm 16.
      #expect(object["parameters"] as? Int == 2 * 256 * 16 + 2 * (768 + 1152 + 32) + 16)
      let memory = try #require(object["memory"] as? [String: Int])
      #expect(memory["cache"] == 2 * 8 * 2 * 128 * 4)
      #expect(memory["training"] == (memory["weights"] ?? 0) * 4)
      #expect((object["tokenizer"] as? [String: Any])?["vocabulary"] as? Int == 256)
      let text = try BuiltCommand.run(["model", "inspect", model])
      #expect(String(decoding: text.stdout, as: UTF8.self).contains("256 tokens"))
    }
  }

  @Test("inspect says what loading would: weights of other settings, a tokenizer that is too large")
  func misfits() throws {
    try TinyCheckpoint.with { _, model in
      let file = URL(fileURLWithPath: model + "/tokenizer.json")
      var object = try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
      object["added_tokens"] = [
        [
          "id": 256, "content": "<|im_end|>", "special": true, "normalized": false,
          "single_word": false, "lstrip": false, "rstrip": false,
        ]
      ]
      try JSONSerialization.data(withJSONObject: object).write(to: file)
      let large = try BuiltCommand.run(["model", "inspect", model, "--json"])
      #expect(
        large.status == 0 && large.stderr.contains("1 ids that the model's vocabulary of 256"))
      #expect((try large.json()["tokenizer"] as? [String: Any])?["beyondModel"] as? Int == 1)
      #expect(try BuiltCommand.run(["model", "inspect", model, "--quiet"]).stderr.isEmpty)
      let config = URL(fileURLWithPath: model + "/config.json")
      let text = try String(contentsOf: config, encoding: .utf8)
      for (from, to, words) in [
        ("\"vocab_size\": 256", "\"vocab_size\": 255", "has the shape [256, 16]"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", "no such tensor"),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", "is missing"),
      ] {
        try Data(text.replacingOccurrences(of: from, with: to).utf8).write(to: config)
        let result = try BuiltCommand.run(["model", "inspect", model])
        #expect(result.status == 3 && result.stdout.isEmpty, "\(to)")
        #expect(result.stderr.contains(words), "\(result.stderr)")
      }
    }
  }

  @Test("an answer says why it ended; generation_config.json names what ends one") func endings()
    throws
  {
    try TinyCheckpoint.with { _, model in
      let base = [model, "--prompt", "Hello", "--greedy", "--max-tokens"]
      let long = try Self.generate(base + ["9", "--ignore-end"])
      #expect(long.ids.count == 14 && long.stop == "length")
      #expect(try Self.generate(base + ["0"]).stop == "length")
      let whole = try Self.generate(base + ["1000", "--ignore-end"])
      #expect(whole.stop == "context" && whole.ids.count == 129)
      // Read in place of config.json's, whose token 189 does not come.
      let end = long.ids[8]
      let file = URL(fileURLWithPath: model + "/generation_config.json")
      try Data("{\"eos_token_id\": [250, \(end)]}".utf8).write(to: file)
      let ended = try Self.generate(base + ["9"])
      let first = try #require(long.ids[5...].firstIndex(of: end))
      #expect(ended.ids == Array(long.ids[...first]) && ended.stop == "end")
      #expect(try Self.generate(base + ["9", "--ignore-end"]) == long)
    }
  }

  @Test("ids that the tokenizer does not have are counted and said") func beyond() throws {
    try TinyCheckpoint.with(vocabulary: 700) { _, model in
      let arguments = [
        "generate", model, "--prompt-ids", "1,2,699", "--max-tokens", "30", "--json",
      ]
      let result = try BuiltCommand.run(arguments)
      let answer = try JSONDecoder().decode(Answer.self, from: result.stdout)
      let beyond = answer.ids.count { $0 >= 256 }
      #expect(beyond > 1 && answer.beyondTokenizer == beyond)
      #expect(result.stderr.contains("\(beyond) ids are none of the tokenizer's"))
      let quiet = try BuiltCommand.run(arguments + ["--quiet"])
      #expect(quiet.stderr.isEmpty && quiet.stdout == result.stdout)
    }
  }

  @Test("logits that are no numbers end with exit code 3 in all modes") func notFinite() throws {
    try TinyCheckpoint.with { _, model in
      try TinyCheckpoint.damage(model)
      for mode in [["--greedy"], [], ["--top-k", "3"], ["--top-p", "0.9"], ["--json"]] {
        let result = try BuiltCommand.run(["generate", model, "--prompt", "Hello"] + mode)
        #expect(result.status == 3, "\(mode)")
        #expect(result.stderr.contains("the checkpoint is damaged"), "\(result.stderr)")
      }
      let result = try BuiltCommand.run([
        "evaluate", model, "--suite", EvaluateCommandTests.suite,
      ])
      #expect(result.status == 3 && result.stdout.isEmpty)
      #expect(result.stderr.contains("the checkpoint is damaged"), "\(result.stderr)")
    }
  }

  @Test("a seed gives one answer, on any number of threads; another seed another") func seeds()
    throws
  {
    try TinyCheckpoint.with { _, model in
      let base = [model, "--prompt", "Hello", "--max-tokens", "40", "--ignore-end"]
      let first = try Self.generate(base + ["--seed", "7", "--threads", "1"])
      #expect(first.ids.count == 45)
      #expect(try Self.generate(base + ["--seed", "7", "--threads", "3"]) == first)
      #expect(try Self.generate(base + ["--seed", "8"]) != first)
      let greedy = try Self.generate(base + ["--greedy"])
      #expect(try Self.generate(base + ["--top-k", "1"]) == greedy)
      #expect(try Self.generate(base + ["--temperature", "0"]) == greedy)
      #expect(try Self.generate(base + ["--top-p", "0.0001"]) == greedy)
      // The same prompt as ids.
      let ids = greedy.ids.prefix(5).map(String.init).joined(separator: ",")
      let again = try Self.generate([
        model, "--prompt-ids", ids, "--max-tokens", "40", "--ignore-end", "--greedy",
      ])
      #expect(again.ids == greedy.ids)
    }
  }

  @Test("a chat's prompt is a turn of the user, and the model's is begun") func chat() throws {
    try TinyCheckpoint.with(turns: TinyCheckpoint.chatML) { _, model in
      let base = [model, "--greedy", "--max-tokens", "5", "--ignore-end"]
      let chat = try Self.generate(base + ["--prompt", "Why?", "--chat", "chatml"])
      let turns = "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n"
      #expect(chat == (try Self.generate(base + ["--prompt", turns])))
      // Three special tokens, and a token for every other byte.
      let special = 2 * "<|im_start|>".utf8.count + "<|im_end|>".utf8.count
      #expect(chat.ids.count == turns.utf8.count - special + 3 + 5)
    }
  }

  @Test("a stop text ends the answer and is not printed") func stops() throws {
    try TinyCheckpoint.with { _, model in
      let base = [model, "--prompt", "Hello", "--max-tokens", "60", "--greedy", "--ignore-end"]
      let whole = Array(try #require(try Self.generate(base).text).unicodeScalars)
      let ascii = whole.indices.filter { whole[$0].isASCII && whole[$0].value >= 32 }
      let place = try #require(ascii.first { $0 > 5 })
      let stop = String(whole[place])
      let answer = try Self.generate(base + ["--stop", stop, "--stop", "never \u{1} there"])
      var expected = String.UnicodeScalarView()
      expected.append(contentsOf: whole.prefix { String($0) != stop })
      #expect(answer.text == String(expected))
      #expect(answer.ids.count < 65 && answer.stop == "string")
      let plain = try BuiltCommand.run(["generate"] + base + ["--stop", stop])
      #expect(String(decoding: plain.stdout, as: UTF8.self) == String(expected) + "\n")
    }
  }

  @Test("without a tokenizer there are ids, and a text is refused") func withoutTokenizer() throws {
    try TinyCheckpoint.with { folder, model in
      let tokenizer = model + "/tokenizer.json"
      let moved = folder.appendingPathComponent("elsewhere.json").path
      try FileManager.default.moveItem(atPath: tokenizer, toPath: moved)
      let answer = try Self.generate([model, "--prompt-ids", "1, 2,3", "--max-tokens", "2"])
      #expect(answer.ids.count == 5 && answer.text == nil)
      let plain = try BuiltCommand.run([
        "generate", model, "--prompt-ids", "1,2,3", "--max-tokens", "2",
      ])
      let printed = answer.ids.suffix(2).map(String.init).joined(separator: ",")
      #expect(String(decoding: plain.stdout, as: UTF8.self) == printed + "\n")
      #expect(try BuiltCommand.run(["generate", model, "--prompt", "x"]).status == 3)
      let named = ["--tokenizer", moved, "--prompt", "x", "--max-tokens", "3"]
      #expect(try Self.generate([model] + named).text != nil)
    }
  }

  @Test("mistakes have their exit codes") func mistakes() throws {
    let suite = EvaluateCommandTests.suite
    try TinyCheckpoint.with { folder, model in
      let cases: [([String], Int32, String)] = [
        (["generate", model], 2, "--prompt"),
        (["generate", model, "--prompt", "a", "--prompt-ids", "1"], 2, "one of"),
        (["generate", model, "--prompt-ids", "256"], 2, "256"),
        (["generate", model, "--prompt-ids", "1,,2"], 2, "Usage: cordon generate"),
        (["generate", model + "/config.json", "--prompt-ids", "1"], 3, "is not a folder"),
        (["model", "inspect", model + "/config.json"], 3, "is not a folder"),
        (["model", "verify", model + "/config.json", "--golden", "a"], 3, "is not a folder"),
        (["evaluate", model + "/config.json", "--suite", suite], 3, "is not a folder"),
        (["generate", "", "--prompt-ids", "1"], 2, "the folder of a model"),
        (["model", "inspect", ""], 2, "the folder of a model"),
        (["generate", model, "--prompt", "a", "--chat", "chatml"], 2, "<|im_start|>, <|im_end|>"),
        (["evaluate", model, "--suite", suite, "--chat", "zephyr"], 2, "</s>"),
        (["generate", model, "--prompt", ""], 2, "no tokens"),
        (["generate", model, "--prompt", "a", "--greedy", "--top-k", "3"], 2, "--greedy"),
        (["generate", model, "--prompt", "a", "--top-p", "1.5"], 2, "--top-p"),
        (["generate", model, "--prompt", "a", "--chat", "llama"], 2, "llama-3"),
        (["generate", model, "--prompt", String(repeating: "a", count: 200)], 2, "128"),
        (["generate", model, "--prompt", "a", "--threads", "0"], 2, "--threads"),
        (["generate", folder.path + "/none", "--prompt-ids", "1"], 3, "none"),
        (["model", "inspect", folder.path], 3, "config.json"),
        (["model", "verify", model], 2, "--objectives"),
        (["model", "verify", model, "--golden", folder.path + "/none"], 3, "none"),
        (["model", "verify", model, "--objectives", folder.path + "/none"], 3, "none"),
        (
          ["model", "verify", model, "--objectives", model + "/model.safetensors"], 3, "forget.ids"
        ),
        (["model", "verify", model, "--golden", model + "/model.safetensors"], 3, "input_ids"),
      ]
      for (arguments, status, words) in cases {
        let result = try BuiltCommand.run(arguments)
        #expect(result.status == status, "\(arguments): \(result.stderr)")
        #expect(result.stderr.contains(words), "\(arguments): \(result.stderr)")
      }
    }
  }
}
