import Foundation
import Ledger
import Streams
import Tensors
import Training

/// Invented checkpoints of a run.
struct CheckpointExample {
  static let run = "c0ffee"
  static let plan = Digest256(hashing: Array("plan: tiny\n".utf8))
  static let data = Digest256(hashing: Array("tokens".utf8))
  static let code = CodeVersion(
    version: "0", binary: plan, swift: "6.3", libraries: "openblas \"x\"")

  static func state(_ step: Int, validation: Double? = nil) -> CheckpointState {
    CheckpointState(
      run: run, step: step, plan: plan, data: data,
      log: TrainingLog.Extent(bytes: Int64(step * 10), sha256: data), loss: 1 / Double(step),
      validation: validation, code: code)
  }

  /// Moments whose blocks have holes, as alignment leaves them.
  static func moments(_ seed: UInt64) throws -> OptimiserMoments {
    let moments = OptimiserMoments(
      tensors: [
        OptimiserMoments.Tensor(name: "a.weight", shape: [3, 5], offset: 0),
        OptimiserMoments.Tensor(name: "b.weight", shape: [7], offset: 32),
      ], first: try FloatBlock(count: 48), second: try FloatBlock(count: 48))
    guard seed > 0 else { return moments }
    var generator = SplitMix64(seed: seed)
    for block in [moments.first, moments.second] {
      for tensor in moments.tensors {
        for index in tensor.offset..<(tensor.offset + tensor.count) {
          block.base[index] = Float(generator.next32()) * 1e-9 - 2
        }
      }
    }
    return moments
  }

  /// Writes an invented model of a step.
  static func model(_ step: Int) -> (_ folder: String) throws -> Void {
    { folder in
      for name in ["config.json", "model.safetensors", "tokenizer.json"] {
        try Data("\(name) \(step)".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
    }
  }

  @discardableResult
  static func save(
    _ step: Int, validation: Double? = nil, in store: CheckpointStore
  ) throws -> SavedCheckpoint {
    try store.save(
      state(step, validation: validation), moments: moments(UInt64(step)), model: model(step))
  }

  static func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent("checkpoints").path
    ).sorted()
  }
}
