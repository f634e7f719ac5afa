import Foundation
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

  @Test("tokens that end a text: one, several, none, and one that cannot come") func ends() throws {
    for (text, tokens) in [("2", [2]), ("[2, 36, 50256]", [2, 36]), ("null", []), ("-1", [])] {
      let config = TinyCheckpoint.llama.config.replacingOccurrences(
        of: "\"eos_token_id\": 2", with: "\"eos_token_id\": \(text)")
      let read = try ModelConfiguration(Array(config.utf8), path: "config.json")
      #expect(read.endTokens == tokens.map { Int32($0) })
    }
  }
}
