import Foundation
import Language
import Streams
import Tensors

/// One file that is damaged, and what then reads it.
struct FuzzTarget {
  /// What it is called in reports.
  let name: String
  /// Where it stands, in a folder of its own.
  let path: String
  /// Its sound bytes.
  let sound: [UInt8]
  /// The damage is done below this byte: headers, not weights.
  let end: Int
  /// Reads it, and uses what was read.
  let read: () throws -> Void

  /// Damages the file as a seed says, and reads it.
  ///
  /// - Returns: whether it was read; errors of ours say no.
  /// - Throws: ``BenchError`` for anything else that came of it.
  func attempt(_ random: inout SplitMix64) throws -> Bool {
    var bytes = sound
    Mutation.apply(&bytes, below: end, &random)
    if path.hasSuffix(".safetensors"), bytes.count > 8, random.percent(60) {
      // With the right length the JSON itself is reached.
      let length = UInt64(max(0, end - 8 + bytes.count - sound.count))
      bytes.replaceSubrange(
        0..<8, with: (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) })
    }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    do {
      try read()
      return true
    } catch let error as BenchError {
      throw error
    } catch let error as TensorsError {
      // Memory ran out, for a file of some kilobytes.
      throw BenchError(.findings, error.description)
    } catch let error as any CordonError {
      // A sentence that a person can read: no line breaks out of a hostile name.
      guard !error.description.utf8.contains(where: { $0 < 0x20 }) else {
        throw BenchError(.defect, "an error with control characters")
      }
      return false
    } catch {
      throw BenchError(.defect, "an error that is none of ours: \(error)")
    }
  }

  /// Puts the sound file back.
  func restore() throws { try Data(sound).write(to: URL(fileURLWithPath: path)) }
}

extension FuzzTarget {
  /// Settings of a small decoder of each architecture.
  private static let settings = [
    "llama": #"""
    {"model_type": "llama", "vocab_size": 300, "hidden_size": 24, "intermediate_size": 40,
     "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
     "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "hidden_act": "silu",
     "rope_theta": 5e5, "rope_scaling": {"rope_type": "llama3", "factor": 8.0,
     "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8}}
    """#,
    "qwen3": #"""
    {"model_type": "qwen3", "vocab_size": 300, "hidden_size": 24, "intermediate_size": 40,
     "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
     "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "hidden_act": "silu",
     "tie_word_embeddings": true, "rope_parameters": {"rope_type": "default", "rope_theta": 1e4}}
    """#,
    "gpt2": #"""
    {"model_type": "gpt2", "vocab_size": 300, "n_embd": 24, "n_layer": 2, "n_head": 3,
     "n_positions": 32, "activation_function": "gelu_new"}
    """#,
    "gpt_neox": #"""
    {"model_type": "gpt_neox", "vocab_size": 300, "hidden_size": 24, "intermediate_size": 40,
     "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 32,
     "hidden_act": "gelu", "rotary_pct": 0.67, "rotary_emb_base": 10000}
    """#,
  ]

  /// All targets, in folders below `folder`.
  static func all(in folder: String) throws -> [FuzzTarget] {
    var targets: [FuzzTarget] = []
    for (family, text) in settings.sorted(by: { $0.key < $1.key }) {
      let shape = try ModelConfiguration(Array(text.utf8), path: family).shape
      let model = try LanguageModel(shape)
      for index in 0..<model.weights.count { model.weights.base[index] = Float(index % 7) / 8 }
      for (kind, limit) in [("whole", Int64.max), ("shards", 4_000)] {
        let place = "\(folder)/\(family)-\(kind)"
        try model.save(to: place, as: CheckpointForm(shardLimit: limit))
        // As a stranger writes them, not as we do.
        try Data(text.utf8).write(to: URL(fileURLWithPath: place + "/config.json"))
        let index = "model.safetensors.index.json"
        let files = kind == "whole" ? ["config.json", "model.safetensors"] : [index]
        for file in files {
          targets.append(try target("\(family)/\(file)", "\(place)/\(file)") { try load(place) })
        }
      }
    }
    for (name, bytes) in try tokenizers() {
      let path = "\(folder)/\(name).json"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      targets.append(try target("tokenizer/\(name)", path) { try encode(path) })
    }
    return targets
  }

  private static func target(
    _ name: String, _ path: String, _ read: @escaping () throws -> Void
  ) throws -> FuzzTarget {
    let sound = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let length = sound.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let end = path.hasSuffix(".safetensors") ? 8 + length : sound.count
    return FuzzTarget(name: name, path: path, sound: sound, end: end, read: read)
  }

  /// Loads a model, counts its memory and goes on from two tokens.
  private static func load(_ folder: String) throws {
    let configuration = try ModelConfiguration(folder: folder)
    if configuration.shape.layers <= 4 {
      _ = MemoryDemand(configuration.shape, ParameterLayout(configuration.shape)).train
    }
    let model = try LanguageModel.load(folder: folder)
    guard model.weights.floats.allSatisfy({ $0.isFinite }) else {
      throw BenchError(.findings, "a weight that is not finite was loaded")
    }
    let request = Generator.Request([0, 1 % Int32(clamping: model.shape.vocabulary)], limit: 3)
    _ = try Generator(model, on: Workers(count: 1)).generate([request])
  }

  /// Reads a tokenizer, and encodes and decodes with it.
  private static func encode(_ path: String) throws {
    let tokenizer = try Tokenizer(path: path)
    let text = Array("The  cat's 12 hats\r\n <s> é 漢字 \u{0}\u{FFFD}".utf8) + [0xFF, 0xC3]
    let tokens = tokenizer.encode(text)
    guard tokens.allSatisfy({ $0 >= 0 && Int($0) < tokenizer.vocabularySize }) else {
      throw BenchError(.defect, "a token outside the vocabulary")
    }
    _ = tokenizer.decode(tokens + [-1, Int32.max])
    _ = tokenizer.decode(tokens, skippingSpecial: true)
  }

  /// Tokenizers by bytes and by characters, with everything that such a file may hold.
  private static func tokenizers() throws -> [(String, [UInt8])] {
    var trainer = BPETrainer()
    trainer.add(Array("the cat sat on the mat and the hat, 12 cats and hats".utf8))
    let bytes = String(decoding: try trainer.train(vocabularySize: 280), as: UTF8.self)
    let added = #"""
      "added_tokens": [{"id": 280, "content": "<s>", "single_word": false, "lstrip": false,
      "rstrip": true, "normalized": false, "special": true}],
      "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>",
      "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [], "special_tokens":
      {"<s>": {"id": "<s>", "ids": [280], "tokens": ["<s>"]}}},
      """#
    let characters = #"""
      {"version": "1.0", "added_tokens": [{"id": 0, "content": "<unk>", "single_word": false,
      "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
      "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"},
      {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null,
      "post_processor": null, "decoder": {"type": "Sequence", "decoders": [{"type": "Replace",
      "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
      {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}, "model": {"type": "BPE",
      "dropout": null, "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
      "ignore_merges": false, "vocab": {"<unk>": 0, "▁": 1, "t": 2, "h": 3, "e": 4, "th": 5,
      "the": 6, "▁the": 7, "a": 8, BYTES}, "merges": ["t h", "th e", "▁ the"]}}
      """#
    let fallback = (0..<256).map { String(format: "\"<0x%02X>\": %d", $0, $0 + 9) }
      .joined(separator: ", ")
    let special = bytes.replacingOccurrences(
      of: #""added_tokens":[],"#, with: added
    ).replacingOccurrences(of: #""post_processor":null,"#, with: "")
    return [
      ("bytes", Array(bytes.utf8)), ("special", Array(special.utf8)),
      ("characters", Array(characters.replacingOccurrences(of: "BYTES", with: fallback).utf8)),
    ]
  }
}
