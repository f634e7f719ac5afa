public import Ledger
public import Streams

/// Answers where the numbers of an evaluation or an attack come from: which checkpoint, by which
/// plan and items, out of which run, of which corpus, and what filtering took out of that.
public struct EvaluationAudit {
  private let ledger: Ledger
  private let checkpoints: CheckpointAudit

  /// An audit of the evaluations that a ledger holds.
  ///
  /// - Parameters:
  ///   - path: the ledger.
  ///   - verifying: recompute all of the ledger's hashes first.
  ///   - curations: output folders of curations by their runs, as far as they are known.
  /// - Throws: `LedgerError` where there is no ledger, or it was changed.
  public init(
    ledger path: String, verifying: Bool = true, curations: [String: String] = [:]
  ) throws {
    ledger = try Ledger(reading: path)
    if verifying { try ledger.verify() }
    checkpoints = CheckpointAudit(ledger, curations: curations)
  }

  /// The evaluation of a name.
  ///
  /// - Parameters:
  ///   - name: the evaluation's digest, or so many of its first digits that only one has them.
  ///   - removed: removed documents that are listed, the first of each curation.
  /// - Throws: ``AuditError`` (unknownEvaluation) where none or several answer.
  public func trace(_ name: String, removed: Int) throws -> EvaluationTrace {
    let digits = name.lowercased()
    let found = try ledger.evaluations().filter { $0.digest.hex.hasPrefix(digits) }
    guard digits.utf8.count >= 4, let evaluation = found.first, found.count == 1 else {
      throw AuditError(
        .unknownEvaluation,
        found.count > 1
          ? "\(name): \(found.count) evaluations of \(ledger.path) begin so; give more digits"
          : "\(name): \(ledger.path) holds no such evaluation; give four digits of its name at "
            + "least, and the ledger that it was recorded in")
    }
    var origin = CheckpointAudit.Origin(trainings: [], unlearnings: [])
    do {
      origin = try checkpoints.origin(sha256: evaluation.checkpoint.digest)
    } catch let error as AuditError where error.code == .unknownCheckpoint {
      // Nobody recorded how it was made: that is an answer.
    }
    var corpora: [EvaluationTrace.Corpus] = []
    for run in origin.snapshotRuns
    where !corpora.contains(where: { $0.summary.run == run }) {
      corpora.append(
        EvaluationTrace.Corpus(
          summary: try ledger.summary(of: run),
          removed: try ledger.removed(by: run, limit: removed)))
    }
    return EvaluationTrace(evaluation: evaluation, origin: origin, corpora: corpora)
  }
}

/// Where the numbers of an evaluation come from.
public struct EvaluationTrace: Sendable {
  /// A corpus that the checkpoint was trained on.
  public struct Corpus: Sendable {
    /// The curation that made it.
    public var summary: RunSummary
    /// The first of the documents that it took out.
    public var removed: [RemovedDocument]
  }

  /// The evaluation as it was recorded.
  public var evaluation: EvaluationRow
  /// Where its checkpoint comes from; empty where this ledger does not know.
  public var origin: CheckpointAudit.Origin
  /// The corpora that it was trained on, and its bases.
  public var corpora: [Corpus]

  /// Writes it as one JSON object.
  public func write(to json: inout JSONText) {
    json.object { json in
      json.member("evaluation", evaluation.digest.hex)
      json.object("suite") { json in
        json.member("name", evaluation.suite.name)
        json.member("version", evaluation.suite.version)
        json.member("sha256", evaluation.suite.sha256.hex)
      }
      json.member("settings", evaluation.settings)
      json.array("inputs") { json in
        for input in evaluation.inputs {
          json.object { json in
            json.member("path", input.name)
            json.member("sha256", input.artefact.sha256.hex)
          }
        }
      }
      json.member("items", evaluation.items.hex)
      json.array("metrics") { json in
        for metric in evaluation.metrics {
          json.object { json in
            json.member("task", metric.task)
            json.member("metric", metric.metric)
            json.member("value", metric.value)
            json.member("count", metric.count)
          }
        }
      }
      json.member("checkpoint", CheckpointTrace.sha256(evaluation.checkpoint))
      json.array("trainings") { json in
        for trace in origin.trainings { trace.write(to: &json) }
      }
      json.array("unlearnings") { json in
        for trace in origin.unlearnings { trace.write(to: &json) }
      }
      json.array("corpora") { json in
        for corpus in corpora { EvaluationTrace.write(corpus, to: &json) }
      }
    }
  }

  private static func write(_ corpus: Corpus, to json: inout JSONText) {
    json.object { json in
      let summary = corpus.summary
      json.member("run", summary.run)
      json.member("root", summary.root?.hex)
      json.member("read", summary.read)
      json.member("kept", summary.kept)
      json.member("dropped", summary.dropped)
      json.member("duplicate", summary.duplicate)
      json.member("quarantined", summary.quarantined)
      json.object("reasons") { json in
        for (reason, documents) in summary.reasons { json.member(reason, documents) }
      }
      json.array("removed") { json in
        for document in corpus.removed {
          json.object { json in
            json.member("shard", document.shard)
            json.member("row", document.row)
            json.member("verdict", "\(document.verdict)")
            json.member("reason", document.reason)
            json.member("sha256", document.digest.hex)
          }
        }
      }
    }
  }

  /// The trace for a person: a sentence a line.
  ///
  /// - Parameter wanted: only metrics whose task or name holds this; nil for the first few.
  public func lines(metrics wanted: String? = nil) -> [String] {
    var lines = [
      "Evaluation \(evaluation.digest): \(evaluation.metrics.count) numbers of the checkpoint "
        + "\(CheckpointTrace.sha256(evaluation.checkpoint)).",
      "By \(evaluation.suite.name)@\(evaluation.suite.version) (SHA-256 "
        + "\(evaluation.suite.sha256)), settings \(evaluation.settings)",
    ]
    lines += evaluation.inputs.map { "Read: \($0.name) (SHA-256 \($0.artefact.sha256))." }
    let shown =
      wanted.map { part in
        evaluation.metrics.filter { "\($0.task) \($0.metric)".contains(part) }
      } ?? Array(evaluation.metrics.prefix(12))
    lines += shown.map { "  \($0.task), \($0.metric): \($0.value) over \($0.count)" }
    if wanted == nil, evaluation.metrics.count > shown.count {
      lines.append(
        "  … \(evaluation.metrics.count - shown.count) more; --metric TEXT names some, "
          + "--json has all"
      )
    }
    lines.append(
      "Code: Cordon \(evaluation.code.version), SHA-256 \(evaluation.code.binary).")
    lines += origin.trainings.flatMap(\.lines) + origin.unlearnings.flatMap(\.lines)
    if origin.trainings.isEmpty && origin.unlearnings.isEmpty {
      lines.append("This ledger does not know where the checkpoint comes from.")
    }
    for corpus in corpora { lines += EvaluationTrace.lines(of: corpus) }
    return lines
  }

  private static func lines(of corpus: Corpus) -> [String] {
    let summary = corpus.summary
    var lines = [
      "Corpus: run \(summary.run) read \(summary.read) documents, kept \(summary.kept), "
        + "dropped \(summary.dropped), found \(summary.duplicate) duplicates and set "
        + "\(summary.quarantined) apart."
    ]
    lines += summary.reasons.map { "  \($0.reason): \($0.documents)" }
    let removed = summary.dropped + summary.quarantined
    if !corpus.removed.isEmpty {
      lines.append("It was kept from \(removed) documents:")
      lines += corpus.removed.map {
        "  \($0.shard):\($0.row) \($0.verdict), \($0.reason), SHA-256 \($0.digest)"
      }
      let rest = removed - Int64(corpus.removed.count)
      if rest > 0 { lines.append("  … \(rest) more; --removed N lists so many") }
    }
    return lines
  }
}
