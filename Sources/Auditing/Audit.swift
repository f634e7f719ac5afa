public import Ledger
public import Streams

/// Answers what happened to a document, from the output of a curation alone.
///
/// It reads `ledger.sqlite` and, below `decisions/`, one `.records` and one `.ids` file a shard.
/// Every decision file that an answer rests on is compared with its hash in the ledger, and the
/// ledger's hashes with the run's root: a changed one is an error, never an answer. Names,
/// survivors and places of matches stand in the ledger alone: all of its hashes are recomputed
/// first (some 600,000 rows a second), unless that is declined.
public struct Audit {
  /// The output folder.
  public let folder: String
  let ledger: Ledger
  private let run: String?
  private let isVerifying: Bool

  /// An audit of the run whose output is in `folder`.
  ///
  /// - Parameters:
  ///   - folder: the output folder of a curation.
  ///   - ledger: its ledger; nil for `ledger.sqlite` in the folder.
  ///   - run: the run to ask about; nil for the newest.
  ///   - verifying: recompute the hashes of the whole ledger before each answer.
  /// - Throws: ``LedgerError`` where there is no ledger or it cannot be read.
  public init(
    output folder: String, ledger: String? = nil, run: String? = nil, verifying: Bool = true
  ) throws {
    isVerifying = verifying
    self.folder = folder
    self.ledger = try Ledger(reading: ledger ?? folder + "/ledger.sqlite")
    self.run = run
  }

  /// What a run did, in numbers.
  ///
  /// - Parameter run: the run; nil for the one that the audit is about.
  /// - Throws: ``LedgerError`` where there is no such run.
  public func summary(run: String? = nil) throws -> RunSummary {
    if isVerifying { try ledger.verify() }
    return try ledger.summary(of: run ?? self.run)
  }

  /// The takedowns since the run, oldest first, and the documents that its corpus has now; nil
  /// where there was none.
  ///
  /// - Throws: ``LedgerError`` where there is no such run.
  public func takedowns() throws -> (runs: [String], documents: Int64)? {
    let run = try ledger.summary(of: self.run).run
    let runs = try ledger.lineage(from: run).dropFirst()
    guard let newest = try ledger.newestSnapshot(from: run), !runs.isEmpty else { return nil }
    return (Array(runs), newest.documents)
  }

  /// What happened to the documents with this id, in shard and row order.
  ///
  /// - Parameter id: a document's own id, or `<shard>:<row>`, which names any document.
  /// - Throws: ``AuditError`` and ``LedgerError`` where the answer could not be trusted.
  public func trace(id: String) throws -> [Trace] {
    let utf8 = Array(id.utf8)
    let hash = utf8.withUnsafeBytes { DecisionRecord.hash(ofID: $0) }
    return try trace(.idHash(hash), id: utf8)
  }

  /// What happened to the documents with this text, in shard and row order.
  ///
  /// - Parameter text: the text in UTF-8, or the raw bytes of a record that could not be read.
  /// - Throws: ``AuditError`` and ``LedgerError`` where the answer could not be trusted.
  public func trace(text: UnsafeRawBufferPointer) throws -> [Trace] {
    try trace(digest: Digest256(hashing: text))
  }

  /// What happened to the documents with this text, in shard and row order.
  ///
  /// - Parameter text: the text in UTF-8, or the raw bytes of a record that could not be read.
  /// - Throws: ``AuditError`` and ``LedgerError`` where the answer could not be trusted.
  public func trace(text: [UInt8]) throws -> [Trace] {
    try trace(digest: Digest256(hashing: text))
  }

  /// What happened to the documents whose text has this SHA-256, in shard and row order.
  ///
  /// - Throws: ``AuditError`` and ``LedgerError`` where the answer could not be trusted.
  public func trace(digest: Digest256) throws -> [Trace] {
    try trace(.digest(digest), id: nil)
  }

  private func trace(_ query: DecisionScan.Query, id: [UInt8]?) throws -> [Trace] {
    let summary = try finishedSummary()
    try ledger.verifyRoot(of: summary.run)
    let run = try ledger.description(of: summary.run)
    let totals = try ledger.committedShards(of: run.id)
    let address = id.flatMap { Audit.address($0, in: run.shards) }
    var traces: [(place: LaterTakedowns.Place, trace: Trace)] = []
    for (shard, path) in run.shards.enumerated() {
      guard let records = totals[shard]?.records else { continue }
      let row = address?.shard == shard ? address?.row : nil
      let files = DecisionPlace(ofPath: path, run: run, in: folder)
      let found = try DecisionScan(query: query, row: row)
        .records(in: files.records, expected: records)
      let ids = try IDFile.ids(of: found, in: files.ids)
      for (record, own) in zip(found, ids) where id == nil || own == id || record.row == row {
        traces.append(
          (
            LaterTakedowns.Place(shard: shard, row: record.row),
            try trace(record, id: own, shard: shard, run: run)
          ))
      }
    }
    return try withExposures(withTakedowns(traces, run))
  }

  /// The traces, each with the training runs that read its text and the unlearnings that were given
  /// it.
  private func withExposures(_ traces: [Trace]) throws -> [Trace] {
    let audit = TrainingAudit(ledger)
    var known: [String: (exposures: [Exposure], given: [Given])] = [:]
    return try traces.map { trace in
      var trace = trace
      if known[trace.sha256] == nil, let digest = Digest256(hex: trace.sha256) {
        known[trace.sha256] = (
          try audit.exposures(of: digest).filter { $0.use != .absent },
          try Given.all(digest, in: ledger)
        )
      }
      trace.exposures = known[trace.sha256]?.exposures ?? []
      trace.given = known[trace.sha256]?.given ?? []
      return trace
    }
  }

  /// The training runs that the ledger knows and the checkpoints that they wrote.
  ///
  /// - Throws: `LedgerError` where the ledger was changed.
  public func trainings() throws -> (runs: Int, checkpoints: Int) {
    (try ledger.trainings().count, try ledger.trainedCheckpoints().count)
  }

  /// The traces, each with what later takedowns did to the document or to its survivor.
  private func withTakedowns(
    _ traces: [(place: LaterTakedowns.Place, trace: Trace)], _ run: RunDescription
  ) throws -> [Trace] {
    guard let later = try LaterTakedowns(after: run.id, ledger: ledger, folder: folder) else {
      return traces.map(\.trace)
    }
    /// Where the document stands whose end is this one's too.
    func standing(_ place: LaterTakedowns.Place, _ trace: Trace) throws -> LaterTakedowns.Place? {
      guard trace.verdict != .kept else { return place }
      return try ledger.duplicate(run: run.id, shard: place.shard, row: place.row).map {
        LaterTakedowns.Place(shard: $0.survivorShard, row: $0.survivorRow)
      }
    }
    let places = try traces.map { try standing($0.place, $0.trace) }
    let ends = try later.ends(of: Set(places.compactMap(\.self)))
    var result: [Trace] = []
    for (place, (_, trace)) in zip(places, traces) {
      var trace = trace
      let end = place.flatMap { ends[$0] }
      trace.takenDownBy = end?.run.id
      result.append(trace)
      if let end, trace.verdict == .kept {
        result.append(
          try self.trace(end.record, id: Array(trace.id.utf8), shard: end.shard, run: end.run))
      }
    }
    return result
  }

  /// The sums of the run, which must be complete.
  func finishedSummary() throws -> RunSummary {
    let summary = try summary()
    guard summary.state == .complete else { throw unfinished(summary) }
    return summary
  }

  func unfinished(_ summary: RunSummary) -> AuditError {
    AuditError(
      .unfinishedRun,
      "\(folder): run \(summary.run) has \(summary.shards) of \(summary.plannedShards) shards. "
        + "Run the same curate command again to finish it, then ask")
  }

  /// The shard and row that `<shard>:<row>` names; nil where it names none.
  static func address(_ id: [UInt8], in shards: [String]) -> (shard: Int, row: UInt64)? {
    guard let colon = id.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    let digits = id[(colon + 1)...]
    guard let row = UInt64(String(decoding: digits, as: UTF8.self)),
      String(row).utf8.elementsEqual(digits),
      let shard = shards.firstIndex(where: { $0.utf8.elementsEqual(id[..<colon]) })
    else { return nil }
    return (shard, row)
  }

  func trace(
    _ record: DecisionRecord, id: [UInt8]?, shard: Int, run: RunDescription
  ) throws -> Trace {
    let path = run.shards[shard]
    let place = "\(path):\(record.row)"
    let stored = try ledger.decision(run: run.id, shard: shard, row: record.row)
    guard stored == (record.verdict == .kept ? nil : record),
      Int(record.reason) <= run.reasons.count, Int(record.rule) <= run.rules.count,
      run.rules.allSatisfy({ run.ruleSets.indices.contains($0.ruleSet) })
    else { throw disagreement(place) }
    let survivor = try ledger.duplicate(run: run.id, shard: shard, row: record.row)
    let evidence = try ledger.similarity(run: run.id, shard: shard, row: record.row)
    let matches = try ledger.matches(run: run.id, shard: shard, row: record.row)
    guard matches.allSatisfy({ $0.rule >= 1 && Int($0.rule) <= run.rules.count }) else {
      throw disagreement(place)
    }
    let rule = record.rule == 0 ? nil : run.rules[Int(record.rule) - 1]
    let ruleSet = rule.map { run.ruleSets[$0.ruleSet] }
    return Trace(
      id: id.map { String(decoding: $0, as: UTF8.self) } ?? place, shard: path, row: record.row,
      sha256: record.digest.hex, verdict: record.verdict,
      reason: record.reason == 0 ? nil : run.reasons[Int(record.reason) - 1], rule: rule?.name,
      ruleSet: ruleSet.map {
        Trace.RuleSet(name: $0.name, version: $0.version, sha256: $0.sha256.hex)
      },
      duplicateOf: try survivor.map {
        try name(shard: $0.survivorShard, row: $0.survivorRow, in: run)
      },
      likeness: try evidence.map {
        Trace.Likeness(
          nearTo: try name(shard: $0.neighbourShard, row: $0.neighbourRow, in: run),
          cluster: try name(shard: $0.clusterShard, row: $0.clusterRow, in: run),
          shared: $0.shared, united: $0.united)
      },
      takenDownBy: nil, run: run.id, isTakedown: run.kind == RunDescription.takedown,
      matches: matches.map {
        Trace.Match(rule: run.rules[Int($0.rule) - 1].name, start: $0.start, length: $0.length)
      },
      flags: record.flags)
  }

  /// `<shard>:<row>`, or `<run>/<shard>:<row>` in an earlier snapshot.
  private func name(shard: Int, row: UInt64, in run: RunDescription) throws -> String {
    if run.shards.indices.contains(shard) { return "\(run.shards[shard]):\(row)" }
    guard shard >= 0, run.against.indices.contains(shard - run.shards.count) else {
      throw disagreement("a document of run \(run.id)")
    }
    let earlier = run.against[shard - run.shards.count]
    return "\(earlier.snapshotRun)/\(earlier.path):\(row)"
  }

  func disagreement(_ place: String) -> AuditError {
    AuditError(
      .changedLedger,
      "\(ledger.path): the ledger and the decision file do not agree about \(place). One of them "
        + "was changed after the run; restore it, or curate again with --fresh")
  }
}
