public import Ledger
public import Streams

/// Where a checkpoint comes from: its training run, and through it the data, settings, seeds, code
/// and the checkpoint before it.
public struct CheckpointTrace: Sendable, Equatable {
  /// The checkpoint as its run recorded it.
  public var checkpoint: TrainedCheckpointRow
  /// Its training run.
  public var training: TrainingRow
  /// The run whose snapshot it was trained on; nil where this ledger does not have the snapshot, or
  /// there was none.
  public var snapshotRun: String?
  /// The runs that changed that snapshot since, oldest first.
  public var changedBy: [String]

  /// The parent's SHA-256 as ``sha256``; nil for none.
  public var parent: String? { checkpoint.parent.map(CheckpointTrace.sha256) }

  /// The SHA-256 of the weights; of the list of the files where the weights are in shards.
  public var sha256: String { CheckpointTrace.sha256(checkpoint.checkpoint) }

  static func sha256(_ row: CheckpointRow) -> String {
    (row.weights ?? row.digest).hex
  }

  /// Writes it as one JSON object.
  ///
  /// - Parameter more: writes further members.
  public func write(to json: inout JSONText, more: (inout JSONText) -> Void = { _ in }) {
    json.object { json in
      json.member("sha256", sha256)
      json.member("step", checkpoint.step)
      json.member("loss", checkpoint.loss)
      json.member("validation", checkpoint.validation)
      json.member("parent", parent)
      json.member("training", training.id)
      json.member("plan", Digest256(hashing: training.plan).hex)
      json.member("settings", training.settings)
      json.object("seeds") { json in
        for seed in training.seeds { json.member(seed.name, seed.value) }
      }
      json.object("snapshot") { json in
        json.member("root", training.snapshotRoot?.hex)
        json.member("run", snapshotRun)
        json.array("changedBy") { json in
          for run in changedBy { json.value(run) }
        }
      }
      json.member("base", training.base.map(CheckpointTrace.sha256))
      json.member("data", training.data.hex)
      json.member("documentIndex", training.documentIndex.hex)
      json.member("sequences", training.sequences)
      json.member("rows", training.rows)
      json.member("batch", training.batch)
      json.member("orderSeed", training.orderSeed)
      json.object("code") { json in
        json.member("version", training.code.version)
        json.member("binary", training.code.binary.hex)
        json.member("swift", training.code.swift)
        json.member("libraries", training.code.libraries)
      }
      more(&json)
    }
  }

  /// The trace for a person: a sentence a line.
  public var lines: [String] {
    var lines = [
      "Checkpoint \(sha256): step \(checkpoint.step) of training run \(training.id).",
      "Loss \(checkpoint.loss)"
        + (checkpoint.validation.map { ", validation loss \($0)" } ?? "")
        + ", in nats per scored token.",
    ]
    if let root = training.snapshotRoot {
      let made = snapshotRun.map { "made by run \($0)" } ?? "which another ledger holds"
      lines.append("It was trained on the snapshot \(root), \(made).")
      if !changedBy.isEmpty {
        lines.append(
          "Documents were taken out of that snapshot since, by "
            + "\(changedBy.joined(separator: ", "))."
        )
      }
    } else {
      lines.append("It was trained on files that no curation wrote.")
    }
    lines += [
      "Data: \(training.sequences) sequences of \(training.rows) tokens, \(training.batch) a step "
        + "(SHA-256 \(training.data)).",
      "Plan: SHA-256 \(Digest256(hashing: training.plan)).", "Settings: \(training.settings)",
      "Seeds: "
        + training.seeds.map { "\($0.name) \($0.value)" }.joined(separator: ", ") + ".",
      "Code: Cordon \(training.code.version), SHA-256 \(training.code.binary), Swift "
        + "\(training.code.swift); \(training.code.libraries).",
    ]
    if let base = training.base {
      lines.append("The run goes on from the model \(CheckpointTrace.sha256(base)).")
    }
    lines.append(parent.map { "Its parent is \($0)." } ?? "It has no parent.")
    return lines
  }
}
