public import Streams

/// One constraint at one measurement, as the trace keeps it.
public struct DualRow: Codable, Sendable, Equatable {
  /// The steps that were done.
  public var step: Int
  /// The constraint's name.
  public var constraint: String
  /// The measure on the dual items, as ``Estimate/value``.
  public var value: Double
  /// Its smooth surrogate.
  public var surrogate: Double
  /// What was aimed at.
  public var aim: Double
  /// The limit.
  public var limit: Double
  /// The standard error of the measure.
  public var error: Double
  /// The dual variable behind this measurement, as a share of all.
  public var dual: Double
  /// What the run did then.
  public var decision: Boundary.Decision

  /// Whether the measure held its aim.
  public var holds: Bool { value <= aim }

  /// Writes it as one JSON object: a line of `duals.jsonl`.
  public func write(to json: inout JSONText) {
    json.object { json in
      json.member("step", step)
      json.member("constraint", constraint)
      json.member("value", value)
      json.member("surrogate", surrogate)
      json.member("aim", aim)
      json.member("limit", limit)
      json.member("error", error)
      json.member("dual", dual)
      json.member("decision", decision.rawValue)
    }
  }
}
