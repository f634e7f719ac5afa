public import Streams

/// What a training run did with a document, by the SHA-256 of its text.
public struct Exposure: Sendable, Equatable {
  /// What became of the document in the run's data.
  public enum Use: String, Sendable {
    /// Weights are trained on it.
    case trained
    /// It was held out: losses were measured on it.
    case heldOut = "held-out"
    /// It was read and is in no sequence: empty, or nothing in it is scored.
    case unused
    /// The run did not read it; the model that it goes on from was trained on it.
    case inherited
    /// Neither the run nor a model before it read it.
    case absent
  }

  /// A checkpoint that was trained on the document.
  public struct Checkpoint: Sendable, Equatable {
    /// The steps that were done.
    public var step: Int
    /// The SHA-256 of its weights; of the list of its files where the weights are in shards.
    public var sha256: String
  }

  /// The training run.
  public var training: String
  /// What became of the document.
  public var use: Use
  /// The first step that read it, from 1; nil where none did up to the last recorded checkpoint.
  public var firstStep: Int?
  /// How many steps read it, up to the last recorded checkpoint.
  public var steps: Int
  /// The recorded checkpoints that saw it, in the order of their steps.
  public var checkpoints: [Checkpoint]

  /// Whether a checkpoint was trained on it.
  public var isSeen: Bool { !checkpoints.isEmpty }

  /// Writes it as one JSON object.
  public func write(to json: inout JSONText) {
    json.object { json in
      json.member("training", training)
      json.member("use", use.rawValue)
      json.member("firstStep", firstStep)
      json.member("steps", steps)
      json.array("checkpoints") { json in
        for checkpoint in checkpoints {
          json.object { json in
            json.member("step", checkpoint.step)
            json.member("sha256", checkpoint.sha256)
          }
        }
      }
    }
  }

  /// The exposure for a person: a sentence a line.
  public var lines: [String] {
    let run = "training run \(training)"
    var lines: [String]
    switch use {
    case .trained:
      lines = [
        firstStep.map {
          "In \(run) it was first read in step \($0), in \(steps) "
            + (steps == 1 ? "step in all." : "steps in all.")
        }
          ?? "It is in the data of \(run); no step before its last checkpoint read it."
      ]
    case .heldOut: lines = ["In \(run) it was held out: no weight was trained on it there."]
    case .unused: lines = ["In \(run) it was read, and nothing of it was trained on."]
    case .inherited: lines = ["In \(run) the model that it goes on from was trained on it."]
    case .absent: return ["It is not in the data of \(run)."]
    }
    if isSeen {
      lines.append("Checkpoints that saw it:")
      lines += checkpoints.map { "  step \($0.step), weights \($0.sha256)" }
    }
    return lines
  }
}
