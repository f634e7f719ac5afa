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

  /// The comparison that condemned a near duplicate, or what is near a hazardous document.
  public struct Likeness: Sendable, Equatable {
    /// The document that it was compared with, `<shard>:<row>`, or `<run>/<shard>:<row>` in an
    /// earlier snapshot.
    public var nearTo: String
    /// The first document of its cluster, likewise.
    public var cluster: String
    /// The shingles that both have.
    public var shared: UInt32
    /// The shingles that one of them has or both.
    public var united: UInt32

    /// The Jaccard similarity of the two sets of shingles.
    public var similarity: Double { Double(shared) / Double(united) }
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
  /// The document that stands for this duplicate, `<shard>:<row>`, or `<run>/<shard>:<row>` in an
  /// earlier snapshot.
  public var duplicateOf: String?
  /// What its text is like, where it was condemned for that.
  public var likeness: Likeness?
  /// The later run that took it out of the corpus, or the document that stands for it; nil for
  /// none.
  public var takenDownBy: String?
  /// The run.
  public var run: String
  /// Whether the run is a takedown: the rows are those of the part that it changed.
  public var isTakedown: Bool
  /// Where rules matched, as far as the run recorded it.
  public var matches: [Match]
  /// What else the record says.
  public var flags: DecisionRecord.Flags
  /// What the ledger's training runs did with its text: those that read it, or go on from a model
  /// that did.
  public var exposures: [Exposure] = []
  /// The ledger's unlearnings that were given its text, to forget or to retain.
  public var given: [Given] = []

  /// Writes the trace as one JSON object.
  public func write(to json: inout JSONText) {
    write(
      to: &json, similarity: likeness?.similarity, shared: likeness?.shared,
      united: likeness?.united)
  }

  /// Writes the trace with this similarity, which is that to ``Likeness/nearTo`` or to a text.
  func write(to json: inout JSONText, similarity: Double?, shared: UInt32?, united: UInt32?) {
    json.object { json in
      json.member("id", id)
      json.member("shard", shard)
      json.member("row", row)
      json.member("sha256", sha256)
      json.member("verdict", verdict.name)
      json.member("reason", reason)
      json.member("rule", rule)
      json.member("duplicateOf", duplicateOf)
      json.member("nearTo", likeness?.nearTo)
      json.member("similarity", similarity)
      json.member("sharedShingles", shared)
      json.member("unitedShingles", united)
      json.member("cluster", likeness?.cluster)
      json.member("takenDownBy", takenDownBy)
      json.member("run", run)
      // Absent, not empty: a ledger without training says what it always said.
      if !exposures.isEmpty {
        json.array("trainings") { json in
          for exposure in exposures { exposure.write(to: &json) }
        }
      }
      if !given.isEmpty {
        json.array("unlearnings") { json in
          for each in given { each.write(to: &json) }
        }
      }
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
