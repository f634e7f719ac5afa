public import Corpus
internal import Foundation
internal import Screening
internal import Streams

/// Screens JSON lines from one descriptor to another, for pipes: the same judgement as a run's,
/// without duplicates, ledger and parts.
///
/// It fails closed: what cannot be judged never reaches the output.
public struct StreamScreen {
  /// What became of the records.
  public struct Counts: Sendable, Equatable {
    /// Records that came in.
    public var read = 0
    /// Records that went on, byte for byte.
    public var kept = 0
    /// Kept ones among them that a screen tagged.
    public var tagged = 0
    /// Records that a screen took out.
    public var dropped = 0
    /// Records that a screen set apart or that could not be judged; to the rejects.
    public var quarantined = 0
    /// Quarantined ones among them that could not be read or scored.
    public var unreadable = 0
    /// Documents by reason, in the order of the plan's reasons.
    public var reasons: [(reason: String, documents: Int)] = []

    /// Whether all counts are the same.
    public static func == (left: Counts, right: Counts) -> Bool {
      left.read == right.read && left.kept == right.kept && left.tagged == right.tagged
        && left.dropped == right.dropped && left.quarantined == right.quarantined
        && left.unreadable == right.unreadable
        && left.reasons.elementsEqual(right.reasons, by: ==)
    }
  }

  private let plan: CurationPlan

  /// A screen by a plan.
  public init(plan: CurationPlan) {
    self.plan = plan
  }

  /// Carries everything from `input` to `output`.
  ///
  /// - Parameters:
  ///   - input: JSON lines.
  ///   - output: takes what is kept.
  ///   - rejects: takes quarantine entries, JSON lines; nil to count them only.
  public func run(
    input: BatchReader, output: (UnsafeRawBufferPointer) throws -> Void,
    rejects: (([UInt8]) throws -> Void)?
  ) throws -> Counts {
    let worker = try Worker(plan)
    let reasons = ReasonTable(plan.screens)
    var counts = Counts()
    var byReason = Array(repeating: 0, count: reasons.names.count)
    var row = 0
    while let batch = try input.next() {
      if Interruption.isRequested { throw InterruptedError(resumes: false) }
      try RecordCutter.forEachRecord(in: batch, format: .jsonLines) { span in
        let content = batch.block.bytes(span.start..<span.contentEnd)
        let fate = judge(content, span.issue, worker, reasons)
        counts.read += 1
        switch fate.verdict {
        case .kept, .tagged:
          counts.kept += 1
          if fate.verdict == .tagged { counts.tagged += 1 }
          try output(batch.block.bytes(span.start..<span.end))
        case .dropped: counts.dropped += 1
        case .quarantined, .unreadable:
          counts.quarantined += 1
          if fate.verdict == .unreadable { counts.unreadable += 1 }
          try rejects?(
            QuarantineEntry(
              shard: "stdin", row: UInt64(row), offset: batch.offset + Int64(span.start),
              reason: reasons.names[fate.reason - 1], sha256: Digest256(hashing: content)
            ).line(content))
        }
        if fate.reason > 0 { byReason[fate.reason - 1] += 1 }
        row += 1
      }
      input.recycle(batch)
    }
    if Interruption.isRequested { throw InterruptedError(resumes: false) }
    counts.reasons = zip(reasons.names, byReason).filter { $0.1 > 0 }
    return counts
  }

  private enum Verdict {
    case kept, tagged, dropped, quarantined, unreadable
  }

  private func judge(
    _ content: UnsafeRawBufferPointer, _ issue: RecordIssue?, _ worker: Worker,
    _ reasons: ReasonTable
  ) -> (verdict: Verdict, reason: Int) {
    if let issue { return (.unreadable, Int(reasons.number(issue))) }
    switch worker.parser.parse(content, format: .jsonLines) {
    case .failure(let error): return (.unreadable, Int(reasons.number(error.issue)))
    case .success(let parsed):
      do {
        try worker.session.judge(parsed.text, into: &worker.judgement)
      } catch {
        return (.unreadable, Int(reasons.number(.unscored)))
      }
      guard let action = worker.judgement.action else { return (.kept, 0) }
      let reason = Int(reasons.number(screenReason: worker.judgement.reason))
      switch action {
      case .tag: return (.tagged, reason)
      case .quarantine: return (.quarantined, reason)
      case .drop: return (.dropped, reason)
      }
    }
  }

  /// What a stream of counts says about the plan's limit; nil when it is within.
  public func finding(in counts: Counts) -> String? {
    guard counts.read > 0, Double(counts.unreadable) / Double(counts.read) > plan.quarantineLimit
    else { return nil }
    return "\(counts.unreadable) of \(counts.read) records could not be read or scored, more than "
      + "the plan's quarantineLimit of \(plan.quarantineLimit)"
  }
}
