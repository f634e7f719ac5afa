import Foundation
import Tensors
import TestSupport
import Testing

@testable import Language

@Suite("The list of architectures") struct ArchitectureListTests {
  @Test("has a line for every file, in their order") func list() throws {
    let folder = Repository.root.appendingPathComponent("Sources/Language/Architectures/Families")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }.sorted()
    let types = Architecture.all.map { $0.modelType.replacingOccurrences(of: "_", with: "") }
    #expect(types == files.map { $0.dropLast(".swift".count).lowercased() })
  }

  @Test("the older and the newer form of a configuration say the same") func forms() throws {
    func shape(_ rope: String) throws -> DecoderShape {
      let text = """
        {"model_type": "llama", "vocab_size": 37, "hidden_size": 24, "intermediate_size": 40,
        "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 32, \(rope)}
        """
      return try ModelConfiguration(Array(text.utf8), path: "config.json").shape
    }
    let scaling = """
      "factor": 8.0, "low_freq_factor": 1, "high_freq_factor": 4,
      "original_max_position_embeddings": 16
      """
    let newer = try shape(
      "\"rope_parameters\": {\"rope_theta\": 5e5, \"rope_type\": \"llama3\", \(scaling)}")
    for older in ["rope_type", "type"] {
      let other = try shape(
        "\"rope_theta\": 500000, \"rope_scaling\": {\"\(older)\": \"llama3\", \(scaling)}")
      #expect(newer == other)
    }
    let plain = try shape("\"rope_scaling\": null, \"rope_theta\": 10000.0")
    #expect(try plain == shape("\"rope_parameters\": {\"rope_type\": \"default\"}"))
    #expect(plain != newer)
  }

  /// What transformers 5.23 makes of the same settings, each config class called with them.
  @Test("what a configuration leaves out is what transformers takes") func defaults() throws {
    func shape(_ type: String, _ more: String = "") throws -> DecoderShape {
      let sizes =
        type == "gpt2"
        ? "\"n_embd\": 24, \"n_layer\": 2, \"n_head\": 4"
        : """
        "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 4
        """
      let text = "{\"model_type\": \"\(type)\", \"vocab_size\": 37, \(sizes)\(more)}"
      return try ModelConfiguration(Array(text.utf8), path: "config.json").shape
    }
    let contexts = [
      ("llama", 2_048), ("qwen2", 32_768), ("qwen3", 32_768), ("gpt_neox", 2_048), ("gpt2", 1_024),
    ]
    for (type, context) in contexts where type != "gpt_neox" {
      #expect(try shape(type).context == context, "\(type)")
    }
    #expect(try shape("gpt_neox", ", \"rotary_pct\": 1.0").context == 2_048)
    #expect(try shape("qwen3").headWidth == 128)
    #expect(try shape("qwen3", ", \"head_dim\": 6").headWidth == 6)
    #expect(try shape("qwen2").headWidth == 6 && shape("llama").headWidth == 6)
  }

  /// As `GPTNeoXConfig(**settings).rope_parameters` and `LlamaConfig(…)` of transformers 5.23 say.
  @Test("each family reads its own names of the rotary embedding") func rotaryNames() throws {
    func positions(_ more: String, type: String = "gpt_neox") throws -> DecoderShape.Positions {
      let text = """
        {"model_type": "\(type)", "vocab_size": 37, "hidden_size": 64, "intermediate_size": 40,
        "num_hidden_layers": 2, "num_attention_heads": 4\(more)}
        """
      return try ModelConfiguration(Array(text.utf8), path: "config.json").shape.positions
    }
    let cases: [(String, width: Int, base: Float)] = [
      ("", 4, 10_000),
      (", \"partial_rotary_factor\": 0.5", 4, 10_000),
      (", \"partial_rotary_factor\": 0.5, \"rotary_pct\": 1.0", 16, 10_000),
      (", \"rope_theta\": 5000", 4, 10_000),
      (", \"rope_theta\": 5000, \"rotary_emb_base\": 7000", 4, 7_000),
      (", \"rope_parameters\": {\"rope_theta\": 3}, \"rotary_pct\": 1.0", 16, 3),
      (
        ", \"rope_parameters\": {\"rope_theta\": 3, \"partial_rotary_factor\": 0.75}, "
          + "\"rotary_pct\": 1.0, \"partial_rotary_factor\": 0.5", 12, 3
      ),
    ]
    for (text, width, base) in cases {
      #expect(try positions(text) == .rotary(width: width, base: base, scaling: .none), "\(text)")
    }
    #expect(
      try positions(", \"rotary_emb_base\": 7, \"rotary_pct\": 0.5", type: "llama")
        == .rotary(width: 16, base: 10_000, scaling: .none))
    #expect(throws: CheckpointError.self) {
      _ = try positions(", \"partial_rotary_factor\": 0.5", type: "llama")
    }
  }

  @Test("generation_config.json says what ends an answer, where it is there") func stops() throws {
    try withScratchFolder { folder in
      let config = TinyCheckpoint.llama.config
      try Data(config.utf8).write(to: folder.appendingPathComponent("config.json"))
      func stops(_ text: String?) throws -> [Int32] {
        let file = folder.appendingPathComponent("generation_config.json")
        if let text { try Data(text.utf8).write(to: file) }
        let read = try ModelConfiguration(folder: folder.path)
        #expect(read.endTokens == [2])
        return read.stopTokens
      }
      #expect(try stops(nil) == [2])
      #expect(try stops("{\"eos_token_id\": [5, 36, 37]}") == [5, 36])
      #expect(try stops("{\"eos_token_id\": 7}") == [7])
      // As in transformers: the file counts, also where it names none.
      #expect(try stops("{\"eos_token_id\": null}") == [])
      #expect(try stops("{}") == [])
      let error = #expect(throws: CheckpointError.self) {
        _ = try stops("{\"eos_token_id\": \"a\"}")
      }
      #expect(error?.path.hasSuffix("generation_config.json") == true)
      #expect(error?.key == "eos_token_id")
    }
  }

  @Test("tokens that end a text: one, several, none, and one that cannot come") func ends() throws {
    for (text, tokens) in [("2", [2]), ("[2, 36, 50256]", [2, 36]), ("null", []), ("-1", [])] {
      let config = TinyCheckpoint.llama.config.replacingOccurrences(
        of: "\"eos_token_id\": 2", with: "\"eos_token_id\": \(text)")
      let read = try ModelConfiguration(Array(config.utf8), path: "config.json")
      #expect(read.endTokens == tokens.map { Int32($0) })
    }
  }
}
