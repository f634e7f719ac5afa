internal import Foundation
internal import Streams
internal import Tensors

/// An adapter's folder as PEFT has it: `adapter_config.json` and `adapter_model.safetensors`.
extension LowRankAdapter {
  static let configName = "adapter_config.json"
  static let weightsName = "adapter_model.safetensors"

  /// Writes both files into a folder that exists.
  ///
  /// - Parameters:
  ///   - base: what the settings call the base model.
  ///   - transposed: whether the base stores weights from input to output (GPT-2):
  ///     `fan_in_fan_out`.
  /// - Throws: `StreamsError` where a file cannot be written, ``CheckpointError`` where a weight is
  ///   not finite.
  public func save(to folder: String, base: String, transposed: Bool) throws {
    var tensors: [(name: String, shape: [Int], floats: UnsafePointer<Float>)] = []
    for layer in layers {
      for (part, place) in [("lora_A", layer.down), ("lora_B", layer.up)] {
        tensors.append(
          (
            LowRankAdapter.name(layer.module, part), [place.rows, place.columns],
            UnsafePointer(weights.base + place.offset)
          ))
      }
    }
    try SafetensorsWriter.write(tensors, to: "\(folder)/\(LowRankAdapter.weightsName)")
    var json = JSONText()
    json.object { json in
      json.member("peft_type", "LORA")
      json.member("task_type", "CAUSAL_LM")
      json.member("base_model_name_or_path", base)
      json.member("r", settings.rank)
      json.member("lora_alpha", settings.alpha)
      json.member("lora_dropout", 0.0)
      json.array("target_modules") { json in
        for target in settings.targets { json.value(target) }
      }
      json.member("fan_in_fan_out", transposed)
      json.member("bias", "none")
      json.member("use_rslora", false)
      json.member("use_dora", false)
      json.member("inference_mode", true)
    }
    let output = try OutputFile(temporaryPath: "\(folder)/\(LowRankAdapter.configName).partial")
    try output.write(json.bytes)
    try output.publish(as: "\(folder)/\(LowRankAdapter.configName)")
  }

  /// Reads an adapter that PEFT or ``save(to:base:transposed:)`` wrote.
  ///
  /// - Throws: ``CheckpointError`` naming file and key where it is broken, does not fit the model,
  ///   or asks for what is not built (biases, DoRA, ranks that differ); `StreamsError`.
  public static func load(folder: String, for model: LanguageModel) throws -> LowRankAdapter {
    let path = "\(folder)/\(configName)"
    let settings = try readingJSON { try Self.settings(path: path) }
    let adapter: LowRankAdapter
    do {
      adapter = try LowRankAdapter(settings, for: model)
    } catch let error as ModelInputError {
      throw CheckpointError(.setting, path: path, key: "target_modules", detail: "\(error)")
    }
    let file = try SafetensorsFile(path: "\(folder)/\(weightsName)")
    var wanted: Set<String> = []
    for layer in adapter.layers {
      for (part, place) in [("lora_A", layer.down), ("lora_B", layer.up)] {
        let name = Self.name(layer.module, part)
        wanted.insert(name)
        let tensor = try file.tensor(named: name)
        guard tensor.shape == [place.rows, place.columns] else {
          throw CheckpointError(
            .shape, path: file.path, key: name,
            detail: "has the shape \(tensor.shape), not [\(place.rows), \(place.columns)]")
        }
        let floats = try file.floats(named: name)
        (adapter.weights.base + place.offset).update(from: floats, count: floats.count)
      }
    }
    if let other = file.tensors.first(where: { !wanted.contains($0.name) }) {
      throw CheckpointError(
        .unexpectedTensor, path: file.path, key: other.name, detail: "is no layer of the adapter")
    }
    return adapter
  }

  private static func name(_ module: String, _ part: String) -> String {
    "base_model.model.\(module).\(part).weight"
  }

  private static func settings(path: String) throws -> Settings {
    let root = try JSONDocument(FileSource.contents(of: path), path: path).root
    guard try root.string("peft_type", default: "LORA") == "LORA" else {
      throw root.unsupported("peft_type", "only LORA is built")
    }
    for key in ["use_rslora", "use_dora"] where try root.bool(key, default: false) {
      throw root.unsupported(key, "is not built")
    }
    guard try root.string("bias", default: "none") == "none" else {
      throw root.unsupported("bias", "trained biases are not built")
    }
    for key in ["rank_pattern", "alpha_pattern"] {
      var count = 0
      try root.optional(key)?.forEachMember { _, _ in count += 1 }
      guard count == 0 else { throw root.unsupported(key, "ranks that differ are not built") }
    }
    for key in ["modules_to_save", "layers_to_transform"] where try root.optional(key) != nil {
      throw root.unsupported(key, "is not built")
    }
    let node = try root.required("target_modules")
    return Settings(
      rank: try root.whole("r", in: 1...65_536),
      alpha: Double(try root.positive("lora_alpha", to: 1e9)),
      // PEFT writes a set: its order is nobody's.
      targets: try node.elements().map { try $0.string() }.sorted())
  }
}
