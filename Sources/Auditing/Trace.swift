public import Ledger
public import Streams

/// What happened to one document in one run.
public struct Trace: Sendable, Equatable {
  /// Where a rule matched.
  public struct Match: Sendable, Equatable {
    /// The rule: `blocklist/NAME@VERSION#INDEX`.
    public var rule: String
    /// The offset in the original text, in bytes of UTF-8.
    public var start: UInt64
    /// The length there, in bytes of UTF-8.
    public var length: UInt32
  }

  /// The rule set that a rule stands in.
  public struct RuleSet: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its version.
    public var version: String
    /// The SHA-256 of its exact bytes, hexadecimal.
    public var sha256: String
  }

  /// The document's id; `<shard>:<row>` for one without.
  public var id: String
  /// The shard's path below the common folder.
  public var shard: String
  /// The row in the shard, from 0 over the non-empty lines.
  public var row: UInt64
  /// The SHA-256 of the text, or of the raw bytes of an unreadable record; hexadecimal.
  public var sha256: String
  /// What became of it.
  public var verdict: Verdict
  /// Why; nil for a kept document.
  public var reason: String?
  /// The rule that decided or tagged; nil for none.
  public var rule: String?
  /// The rule set of ``rule``.
  public var ruleSet: RuleSet?
  /// The document that stands for this duplicate, `<shard>:<row>`.
  public var duplicateOf: String?
  /// The run.
  public var run: String
  /// Where rules matched, as far as the run recorded it.
  public var matches: [Match]
  /// What else the record says.
  public var flags: DecisionRecord.Flags

  /// Writes the trace as one JSON object.
  public func write(to json: inout JSONText) {
    json.object { json in
      json.member("id", id)
      json.member("shard", shard)
      json.member("row", row)
      json.member("sha256", sha256)
      json.member("verdict", verdict.name)
      json.member("reason", reason)
      json.member("rule", rule)
      json.member("duplicateOf", duplicateOf)
      json.member("run", run)
      json.array("matches") { json in
        for match in matches {
          json.object { json in
            json.member("rule", match.rule)
            json.member("start", match.start)
            json.member("length", match.length)
          }
        }
      }
    }
  }

  /// The traces as one JSON array.
  public static func json(_ traces: [Trace]) -> String {
    var json = JSONText()
    json.array { json in
      for trace in traces { trace.write(to: &json) }
    }
    return json.text
  }
}
