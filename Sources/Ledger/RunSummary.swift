public import Streams

/// How far a run is.
public enum RunState: String, Sendable {
  /// It has begun; its shards are being committed.
  case started = "START"
  /// Every shard is committed and the run has its root.
  case complete = "COMPLETE"
}

/// What a run did, in numbers. Of an unfinished run: of the shards committed so far.
public struct RunSummary: Sendable, Equatable {
  /// The run's id.
  public var run: String
  /// The records read; always `kept + dropped + duplicate + quarantined`.
  public var read: Int64
  /// The records kept.
  public var kept: Int64
  /// The records dropped.
  public var dropped: Int64
  /// The records that a survivor stands for.
  public var duplicate: Int64
  /// The records set apart.
  public var quarantined: Int64
  /// The records whose text was changed.
  public var edited: Int64
  /// Documents per reason that occurred, in the order of the run's reasons.
  public var reasons: [(reason: String, documents: Int64)]
  /// The shards committed.
  public var shards: Int
  /// The shards that the run has in all.
  public var plannedShards: Int
  /// The decoded bytes of the records read.
  public var bytesRead: Int64
  /// The decoded bytes of the records kept.
  public var bytesKept: Int64
  /// The records whose id an earlier record has.
  public var repeatedIDs: Int64
  /// The shards whose stream was damaged.
  public var damagedShards: Int
  /// How far the run is.
  public var state: RunState
  /// The RFC 6962 root over the entries of the shards; nil until the run is complete.
  public var root: Digest256?
  /// What else the run counted, in the order given; none until it is complete.
  public var measures: [Measure]
  /// The time from the run's first beginning to its end, pauses included; nil until it is
  /// complete. No part of the run's content: ``==(_:_:)`` leaves it out.
  public var seconds: Double?

  /// Whether all but ``seconds`` agrees.
  public static func == (left: RunSummary, right: RunSummary) -> Bool {
    left.run == right.run && left.read == right.read && left.kept == right.kept
      && left.dropped == right.dropped && left.duplicate == right.duplicate
      && left.quarantined == right.quarantined && left.edited == right.edited
      && left.reasons.elementsEqual(right.reasons, by: ==) && left.shards == right.shards
      && left.plannedShards == right.plannedShards && left.bytesRead == right.bytesRead
      && left.bytesKept == right.bytesKept && left.repeatedIDs == right.repeatedIDs
      && left.damagedShards == right.damagedShards && left.state == right.state
      && left.root == right.root && left.measures == right.measures
  }

  /// Writes the summary as one JSON object.
  ///
  /// - Parameters:
  ///   - json: takes the object.
  ///   - seconds: the time to state instead of ``seconds``.
  ///   - more: writes further members.
  public func write(
    to json: inout JSONText, seconds: Double? = nil, more: (inout JSONText) -> Void = { _ in }
  ) {
    json.object { json in
      json.member("run", run)
      json.member("read", read)
      json.member("kept", kept)
      json.member("dropped", dropped)
      json.member("duplicate", duplicate)
      json.member("quarantined", quarantined)
      json.member("edited", edited)
      json.object("reasons") { json in
        for (reason, documents) in reasons { json.member(reason, documents) }
      }
      json.member("shards", shards)
      json.member("bytesRead", bytesRead)
      json.member("bytesKept", bytesKept)
      json.member("seconds", seconds ?? self.seconds)
      json.member("root", root?.hex)
      json.member("repeatedIds", repeatedIDs)
      json.member("damagedShards", damagedShards)
      json.member("state", state.rawValue)
      if !measures.isEmpty {
        json.object("measures") { json in
          for measure in measures { json.member(measure.name, measure.value) }
        }
      }
      more(&json)
    }
  }

  /// The summary as one JSON object.
  ///
  /// - Parameter seconds: the time to state instead of ``seconds``.
  public func json(seconds: Double? = nil) -> String {
    var json = JSONText()
    write(to: &json, seconds: seconds)
    return json.text
  }
}
