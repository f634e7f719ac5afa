public import Ledger
internal import Streams

/// A checkpoint of an earlier run that a checkpoint comes out of, directly or over further runs.
public struct Ancestor: Sendable, Equatable {
  /// What left a checkpoint.
  public enum Source: Sendable, Equatable {
    /// A training run; the trace names no ancestors of its own.
    case training(CheckpointTrace)
    /// An unlearning.
    case unlearning(UnlearningRow)
    /// Nothing that this ledger knows.
    case unknown
  }

  /// The checkpoint.
  public var checkpoint: CheckpointRow
  /// What left it.
  public var source: Source

  /// The SHA-256 of its weights; of the list of the files where the weights are in shards.
  public var sha256: String { CheckpointTrace.sha256(checkpoint) }

  /// The model that its run goes on from; nil where it began anew, or nobody knows.
  var base: CheckpointRow? {
    switch source {
    case .training(let trace): trace.training.base
    case .unlearning(let row): row.base
    case .unknown: nil
    }
  }

  /// The checkpoints of other runs that it comes out of.
  var origins: [CheckpointRow] {
    switch source {
    case .training(let trace): trace.origins
    case .unlearning(let row): [row.base]
    case .unknown: []
    }
  }

  /// Writes it as one JSON object; `training` and `unlearning` are null where this ledger does not
  /// know it.
  func write(to json: inout JSONText) {
    json.object { json in
      json.member("sha256", sha256)
      switch source {
      case .training(let trace):
        json.member("training", trace.training.id)
        json.member("step", trace.checkpoint.step)
        json.member("plan", Digest256(hashing: trace.training.plan).hex)
        trace.writeSnapshot(to: &json)
      case .unlearning(let row):
        json.member("unlearning", row.id)
        json.member("steps", row.steps)
        json.member("plan", Digest256(hashing: row.plan).hex)
        json.member("verdict", row.verdict?.rawValue)
      case .unknown:
        json.member("training", nil as String?)
        json.member("unlearning", nil as String?)
      }
      json.member("base", base.map(CheckpointTrace.sha256))
    }
  }

  /// It for a person: who left it, then what it was trained on.
  ///
  /// - Parameter number: its place among the ancestors, from 1.
  func lines(_ number: Int) -> [String] {
    let name = "Ancestor \(number): checkpoint \(sha256)"
    let goesOn = base.map { "  It goes on from the model \(CheckpointTrace.sha256($0))." }
    switch source {
    case .training(let trace):
      var lines = ["\(name), step \(trace.checkpoint.step) of training run \(trace.training.id)."]
      lines += trace.snapshotLines.map { "  \($0)" }
      lines.append(goesOn ?? "  It began anew.")
      return lines
    case .unlearning(let row):
      let said = row.verdict.map { "its verdict was: \($0.rawValue)" } ?? "without a boundary"
      return ["\(name), what unlearning \(row.id) left after \(row.steps) steps; \(said)."]
        + [goesOn].compactMap(\.self)
    case .unknown:
      return ["\(name), which no run of this ledger left. Another ledger may know it."]
    }
  }
}
