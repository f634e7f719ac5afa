public import Ledger
public import Streams

/// Where a checkpoint comes from: its training run, and through it the data, settings, seeds, code
/// and the checkpoints before it.
public struct CheckpointTrace: Sendable, Equatable {
  /// The checkpoint as its run recorded it.
  public var checkpoint: TrainedCheckpointRow
  /// Its training run.
  public var training: TrainingRow
  /// The run whose snapshot it was trained on; nil where this ledger does not have the snapshot, or
  /// there was none.
  public var snapshotRun: String?
  /// The parts of a snapshot that it was trained on, where the plan names files; nil where they are
  /// none of this ledger's, or that cannot be told.
  public var parts: TrainedParts?
  /// The runs that changed that snapshot since, oldest first.
  public var changedBy: [String]
  /// The step of the same run that the parent is of; nil where it is of another, or there is none.
  public var parentStep: Int64?
  /// The checkpoints of earlier runs that it comes out of, the nearest first.
  public var ancestors: [Ancestor] = []
  /// Whether there are more ancestors than are told of.
  public var isCutOff = false

  /// The parent's SHA-256 as ``sha256``; nil for none.
  public var parent: String? { checkpoint.parent.map(CheckpointTrace.sha256) }

  /// The SHA-256 of the weights; of the list of the files where the weights are in shards.
  public var sha256: String { CheckpointTrace.sha256(checkpoint.checkpoint) }

  /// The checkpoints of other runs that it comes out of: its parent, where that is none of its own
  /// run, as a merged adapter is; and the model that its run goes on from.
  var origins: [CheckpointRow] {
    [parentStep == nil ? checkpoint.parent : nil, training.base].compactMap(\.self)
  }

  /// The runs whose snapshots it or an ancestor was trained on, each once, its own first.
  public var snapshotRuns: [String] {
    var runs = [snapshotRun ?? parts?.run].compactMap(\.self)
    for ancestor in ancestors {
      guard case .training(let trace) = ancestor.source else { continue }
      runs += trace.snapshotRuns.filter { !runs.contains($0) }
    }
    return runs
  }

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
      writeSnapshot(to: &json)
      json.member("base", training.base.map(CheckpointTrace.sha256))
      json.array("ancestors") { json in
        for ancestor in ancestors { ancestor.write(to: &json) }
      }
      json.member("moreAncestors", isCutOff)
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

  /// Writes the member that says what it was trained on; `parts` is null where that is a whole
  /// snapshot, or not known to be one's parts.
  func writeSnapshot(to json: inout JSONText) {
    json.object("snapshot") { json in
      json.member("root", training.snapshotRoot?.hex)
      json.member("run", snapshotRun)
      json.name("parts")
      if let parts { parts.write(to: &json) } else { json.null() }
      json.array("changedBy") { json in
        for run in changedBy { json.value(run) }
      }
    }
  }

  /// What it was trained on, for a person.
  var snapshotLines: [String] {
    var lines: [String] = []
    if let root = training.snapshotRoot {
      let made = snapshotRun.map { "made by run \($0)" } ?? "which another ledger holds"
      lines.append("It was trained on the snapshot \(root), \(made).")
    } else if let parts {
      lines.append(parts.line)
    } else {
      lines.append(
        "It was trained on files that are not known to be parts of a snapshot of this ledger; if "
          + "a curation of it wrote them, name its output with --output.")
    }
    if !changedBy.isEmpty {
      lines.append(
        "Documents were taken out of that snapshot since, by \(changedBy.joined(separator: ", ")).")
    }
    return lines
  }

  /// The trace for a person: a sentence a line, the ancestors behind it.
  public var lines: [String] {
    var lines = [
      "Checkpoint \(sha256): step \(checkpoint.step) of training run \(training.id).",
      "Loss \(checkpoint.loss)"
        + (checkpoint.validation.map { ", validation loss \($0)" } ?? "")
        + ", in nats per scored token.",
    ]
    lines += snapshotLines
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
    let step = parentStep.map { ", step \($0) of the same run" } ?? ""
    lines.append(parent.map { "Its parent is \($0)\(step)." } ?? "It has no parent.")
    for (index, ancestor) in ancestors.enumerated() { lines += ancestor.lines(index + 1) }
    if isCutOff {
      lines.append(
        "It has more ancestors: these are the nearest \(ancestors.count). Ask with the last "
          + "one's SHA-256 as --checkpoint to go on.")
    }
    return lines
  }
}
