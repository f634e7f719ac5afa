import Foundation
import Streams
import TestSupport
import Testing

@testable import Language
@testable import Tensors

@Suite("Bad checkpoints") struct BadCheckpointTests {
  @Test("weights", arguments: Defect.all) func weights(defect: Defect) throws {
    try withScratchFolder { folder in
      try TinyCheckpoint.llama.write(to: folder)
      let file = folder.appendingPathComponent("model.safetensors")
      var bytes = Array(try Data(contentsOf: file))
      defect.apply(&bytes)
      try Data(bytes).write(to: file)
      let error = try #require(throws: CheckpointError.self) {
        try LanguageModel.load(folder: folder.path)
      }
      #expect(error.code == defect.code, "\(error)")
      #expect(error.key == defect.key, "\(error)")
      #expect(error.path == file.path, "\(error)")
      #expect(error.consequence == .input)
    }
  }

  @Test("a tensor fewer") func missingTensor() throws {
    try withScratchFolder { folder in
      let model = try TinyCheckpoint.qwen2.model()
      try TinyCheckpoint.qwen2.write(to: folder)
      let kept = model.layout.parameters.filter { !$0.name.hasSuffix("1.self_attn.k_proj.bias") }
      try SafetensorsWriter.write(
        kept.map { ($0.name, $0.shape, UnsafePointer(model.weights.base + $0.place.offset)) },
        to: folder.appendingPathComponent("model.safetensors").path)
      let error = try #require(throws: CheckpointError.self) {
        try LanguageModel.load(folder: folder.path)
      }
      #expect(error.code == .missingTensor)
      #expect(error.key == "model.layers.1.self_attn.k_proj.bias")
    }
  }

  /// Changes of config.json: a text, its replacement, and the key that is named.
  static let changes: [(String, String, CheckpointError.Code, String)] = [
    ("\"llama\"", "\"mamba\"", .unsupported, "model_type"),
    ("\"silu\"", "\"relu\"", .unsupported, "hidden_act"),
    ("\"hidden_size\": 24", "\"hidden_size\": 0", .setting, "hidden_size"),
    ("\"hidden_size\": 24", "\"hidden_size\": \"24\"", .setting, "hidden_size"),
    ("\"hidden_size\": 24", "\"hidden_size\": 9000000000000000000", .setting, "hidden_size"),
    ("\"hidden_size\": 24,", "", .setting, "hidden_size"),
    ("\"num_attention_heads\": 4", "\"num_attention_heads\": 0", .setting, "num_attention_heads"),
    ("\"num_attention_heads\": 4", "\"num_attention_heads\": 5", .setting, ""),
    ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", .setting, ""),
    ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1e9", .setting, "num_hidden_layers"),
    ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000", .missingTensor, "layers"),
    ("\"vocab_size\": 37", "\"vocab_size\": 16777216", .shape, "model.embed_tokens.weight"),
    ("\"vocab_size\": 37", "\"vocab_size\": -1", .setting, "vocab_size"),
    ("\"vocab_size\": 37", "\"vocab_size\": 37, \"vocab_size\": 37", .setting, "vocab_size"),
    ("\"rms_norm_eps\": 1e-5", "\"rms_norm_eps\": 1e999", .setting, "rms_norm_eps"),
    ("\"default\"", "\"yarn\"", .unsupported, "rope_parameters"),
    ("\"rope_theta\": 10000.0", "\"rope_theta\": -1", .setting, "rope_parameters.rope_theta"),
    (
      "{\"model_type\"", "{\"quantization_config\": {}, \"model_type\"", .unsupported,
      "quantization_config"
    ),
    (
      "{\"model_type\"", "{\"architectures\": [\"LlamaForTokenClassification\"], \"model_type\"",
      .unsupported, "architectures"
    ),
    ("{\"model_type\"", "[\"model_type\"", .broken, "byte 13"),
    ("{\"model_type\"", "{\"a\": " + String(repeating: "[", count: 100_000), .broken, "byte 69"),
  ]

  @Test("settings", arguments: 0..<changes.count) func settings(number: Int) throws {
    let (text, other, code, key) = BadCheckpointTests.changes[number]
    try withScratchFolder { folder in
      try TinyCheckpoint.llama.write(to: folder)
      let changed = TinyCheckpoint.llama.config.replacingOccurrences(of: text, with: other)
      try #require(changed != TinyCheckpoint.llama.config)
      try Data(changed.utf8).write(to: folder.appendingPathComponent("config.json"))
      let error = try #require(throws: CheckpointError.self) {
        try LanguageModel.load(folder: folder.path)
      }
      #expect(error.code == code && error.key == key, "\(error)")
    }
  }

  @Test(
    "an index that leads elsewhere",
    arguments: [
      "../model.safetensors", "/etc/model.safetensors", "a/b.safetensors", ".safetensors",
      "a\\\\b.safetensors", "config.json", "",
    ])
  func index(name: String) throws {
    try withScratchFolder { folder in
      try TinyCheckpoint.llama.writeShards(to: folder, count: 2)
      let file = folder.appendingPathComponent("model.safetensors.index.json")
      let text = try String(contentsOf: file, encoding: .utf8)
        .replacingOccurrences(of: "\"model-00002-of-00002.safetensors\"", with: "\"\(name)\"")
      try Data(text.utf8).write(to: file)
      let error = try #require(throws: CheckpointError.self) {
        try LanguageModel.load(folder: folder.path)
      }
      #expect(error.code == .setting && error.key.hasPrefix("weight_map."), "\(error)")
      #expect(error.path == file.path)
    }
  }

  @Test("an index and shards that disagree, and a shard that is missing") func disagreement() throws
  {
    try withScratchFolder { folder in
      try TinyCheckpoint.llama.writeShards(to: folder, count: 2)
      let second = folder.appendingPathComponent("model-00002-of-00002.safetensors")
      let first = folder.appendingPathComponent("model-00001-of-00002.safetensors")
      let bytes = try Data(contentsOf: second)
      try FileManager.default.removeItem(at: second)
      let missing = try #require(throws: StreamsError.self) {
        try LanguageModel.load(folder: folder.path)
      }
      #expect(missing.code == .missing && missing.path == second.path)
      try Data(contentsOf: first).write(to: second)
      let error = try #require(throws: CheckpointError.self) {
        try LanguageModel.load(folder: folder.path)
      }
      #expect(error.code == .unexpectedTensor && error.path == second.path)
      try bytes.write(to: second)
      _ = try LanguageModel.load(folder: folder.path)
    }
  }

  @Test("weights in the form before safetensors are told how to convert") func olderForm() throws {
    try withScratchFolder { folder in
      try Data(TinyCheckpoint.llama.config.utf8).write(
        to: folder.appendingPathComponent("config.json"))
      let missing = #expect(throws: StreamsError.self) {
        _ = try LanguageModel.load(folder: folder.path)
      }
      #expect(missing?.code == .missing)
      try Data("PK".utf8).write(to: folder.appendingPathComponent("pytorch_model.bin"))
      let error = #expect(throws: CheckpointError.self) {
        _ = try LanguageModel.load(folder: folder.path)
      }
      #expect(error?.code == .unsupported && error?.path.hasSuffix("pytorch_model.bin") == true)
      #expect(error?.description.contains("save_pretrained") == true)
    }
  }

  @Test("headers are held against settings without the weights") func headers() throws {
    try withScratchFolder { folder in
      try TinyCheckpoint.llama.write(to: folder)
      func check(_ from: String, _ to: String) throws {
        let text = TinyCheckpoint.llama.config.replacingOccurrences(of: from, with: to)
        try LanguageModel.check(
          Checkpoint(folder: folder.path),
          against: ModelConfiguration(Array(text.utf8), path: "config.json"))
      }
      try check("", "")
      let cases: [(String, String, CheckpointError.Code)] = [
        ("\"vocab_size\": 37", "\"vocab_size\": 38", .shape),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", .missingTensor),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", .unexpectedTensor),
        ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1000", .missingTensor),
      ]
      for (from, to, code) in cases {
        let error = #expect(throws: CheckpointError.self) { try check(from, to) }
        #expect(error?.code == code && error?.consequence == .input, "\(to)")
      }
    }
  }

  @Test("a copy of a tied embedding must be one") func tiedCopy() throws {
    try withScratchFolder { folder in
      let model = try TinyCheckpoint.qwen2.model()
      try TinyCheckpoint.qwen2.write(to: folder)
      for isCopy in [true, false] {
        var tensors = model.layout.parameters.map {
          ($0.name, $0.shape, UnsafePointer(model.weights.base + $0.place.offset))
        }
        let shift = isCopy ? 0 : 1
        tensors.append(("lm_head.weight", [37, 24], UnsafePointer(model.weights.base + shift)))
        try SafetensorsWriter.write(
          tensors, to: folder.appendingPathComponent("model.safetensors").path)
        if isCopy {
          #expect(try LanguageModel.load(folder: folder.path).bits == model.bits)
        } else {
          let error = try #require(throws: CheckpointError.self) {
            try LanguageModel.load(folder: folder.path)
          }
          #expect(error.code == .broken && error.key == "lm_head.weight")
        }
      }
    }
  }
}
