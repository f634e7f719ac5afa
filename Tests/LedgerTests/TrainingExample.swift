import Ledger
import Streams

/// Invented training runs.
enum TrainingExample {
  static func training(_ id: String = "feed", base: Bool = false) -> TrainingRow {
    TrainingRow(
      id: id, plan: Array("plan: tiny\nversion: 1\n".utf8), settings: "{\"sequence\":256}",
      seeds: [
        NamedSeed("initialisation", 1), NamedSeed("order", .max), NamedSeed("validation", 3),
      ],
      snapshotRoot: base ? nil : Example.digest("root"),
      base: base ? EvaluationExample.evaluation().checkpoint : nil, data: Example.digest("data"),
      documentIndex: Example.digest("index"), sequences: 1000, rows: 256, batch: 16,
      orderSeed: .max, code: Example.run().code)
  }

  static func model(_ name: String) -> CheckpointRow {
    CheckpointRow(files: [
      EvaluationExample.file("config.json"),
      NamedArtefact(
        name: "model.safetensors",
        artefact: Artefact(sha256: Example.digest("model \(name)"), bytes: 1000)),
    ])
  }

  static func checkpoint(
    _ step: Int64, of id: String = "feed", validation: Double? = 2.5
  ) -> TrainedCheckpointRow {
    TrainedCheckpointRow(
      training: id, step: step, checkpoint: model("\(id) \(step)"),
      parent: step == 500 ? nil : model("\(id) 500"), loss: 1 / 3.0, validation: validation)
  }

  /// Two training runs, the second going on from a model, with two checkpoints each.
  static func record(in ledger: Ledger) throws {
    for (id, base) in [("feed", false), ("face", true)] {
      try ledger.record(training(id, base: base), on: EvaluationExample.machine)
      try ledger.record(checkpoint(500, of: id))
      try ledger.record(checkpoint(1000, of: id, validation: nil))
    }
  }
}
