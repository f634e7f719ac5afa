internal import Ledger
public import Streams

/// What a takedown did.
public struct TakedownSummary: Sendable, Equatable {
  /// The run; nil where there was nothing to do.
  public var run: String?
  /// The root of the run; nil where there was nothing to do.
  public var root: Digest256?
  /// The run whose snapshot was changed, or looked at.
  public var parent: String
  /// Whether the same ids were taken down by the same command before: nothing was done now.
  public var wasDoneBefore: Bool
  /// The ids of the list, each once.
  public var ids: Int
  /// The documents that were taken out.
  public var documents: Int64
  /// The parts that were written anew, or removed with their only document.
  public var parts: Int
  /// The documents of the newest snapshot now.
  public var left: Int64
  /// Ids of documents that an earlier takedown took out.
  public var takenDownBefore: Int
  /// Ids of documents that were never kept, for each verdict: dropped, duplicate, quarantined.
  public var neverKept: (dropped: Int, duplicate: Int, quarantined: Int)
  /// Ids that no document has.
  public var unknown: Int
  /// What a person must know: ids that named nothing in the corpus. With any, the exit code is 1.
  public var findings: [String]

  /// Whether all agrees.
  public static func == (left: TakedownSummary, right: TakedownSummary) -> Bool {
    left.run == right.run && left.root == right.root && left.parent == right.parent
      && left.wasDoneBefore == right.wasDoneBefore && left.ids == right.ids
      && left.documents == right.documents && left.parts == right.parts && left.left == right.left
      && left.takenDownBefore == right.takenDownBefore && left.neverKept == right.neverKept
      && left.unknown == right.unknown && left.findings == right.findings
  }

  /// The summary as one JSON object.
  public var json: String {
    var json = JSONText()
    json.object { json in
      json.member("run", run)
      json.member("parent", parent)
      json.member("ids", ids)
      json.member("documents", documents)
      json.member("parts", parts)
      json.member("left", left)
      json.member("wasDoneBefore", wasDoneBefore)
      json.object("notInCorpus") { json in
        json.member("takenDownBefore", takenDownBefore)
        json.member("dropped", neverKept.dropped)
        json.member("duplicate", neverKept.duplicate)
        json.member("quarantined", neverKept.quarantined)
        json.member("unknown", unknown)
      }
      json.member("root", root?.hex)
    }
    return json.text
  }

  /// The summary for a person.
  public var text: String {
    guard let run, let root else {
      return
        "nothing to take down: none of \(ids) ids is in the corpus, which has \(left) documents"
    }
    let done =
      wasDoneBefore
      ? "takedown \(run) was done before; nothing was left to do" : "takedown \(run) is done"
    return """
      \(done)
      \(documents) documents of \(ids) ids were taken out of \(parts) parts; \(left) are left
      root \(root)
      """
  }

  /// Counts what the ids of a list met, and says what a person must know about it.
  mutating func count(_ fates: [TakedownFate], _ list: TakedownList, ownRun: Int?) {
    var missed: [(what: String, lines: [Int])] = [
      ("was taken down before", []), ("is of a dropped document", []),
      (
        "is of a duplicate: its text may stand in the document that stands for it, which must be "
          + "named itself", []
      ),
      ("is of a quarantined document: its text stands in the folder quarantine", []),
      ("is unknown", []),
    ]
    for (index, fate) in fates.enumerated() {
      if fate.standing > 0 || ownRun.map({ fate.takenDownBy.contains($0) }) ?? false { continue }
      let kind =
        if !fate.takenDownBy.isEmpty { 0 } else if fate.neverKept.contains(.quarantined) {
          3
        } else if fate.neverKept.contains(.duplicate) { 2 } else {
          fate.neverKept.isEmpty ? 4 : 1
        }
      missed[kind].lines.append(list.lines[index])
    }
    takenDownBefore = missed[0].lines.count
    neverKept = (missed[1].lines.count, missed[2].lines.count, missed[3].lines.count)
    unknown = missed[4].lines.count
    findings = missed.filter { !$0.lines.isEmpty }.map { what, lines in
      let lines = lines.sorted()
      let shown = lines.prefix(5).map(String.init).joined(separator: ", ")
      let more = lines.count > 5 ? " and \(lines.count - 5) more" : ""
      return "\(lines.count) of \(ids) ids: not in the corpus, each \(what) (line \(shown)\(more))"
    }
  }
}
