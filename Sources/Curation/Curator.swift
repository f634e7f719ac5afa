public import Corpus
internal import Deduplication
internal import Foundation
public import Ledger
internal import Screening
internal import Streams

/// How a run is carried out; nothing of it changes what is written.
public struct CurationOptions: Sendable {
  /// The output folder.
  public var output: String
  /// The ledger; nil for `ledger.sqlite` in the output folder.
  public var ledger: String?
  /// Bytes that the run may hold; the search for duplicates takes half of them.
  public var memory: Int
  /// Workers.
  public var threads: Int
  /// Remove what an earlier run wrote to the output folder.
  public var fresh: Bool
  /// One part of the shards, for runs spread over processes: every `count`-th, from `index`.
  public var part: Part?

  /// Every `count`-th shard, beginning with number `index` (from 0).
  public struct Part: Sendable, Equatable {
    /// The first shard.
    public var index: Int
    /// The step.
    public var count: Int

    /// A part.
    ///
    /// - Precondition: `index` is in `0..<count`.
    public init(index: Int, count: Int) {
      precondition(count > 0 && (0..<count).contains(index), "a part is one of its count")
      self.index = index
      self.count = count
    }
  }

  /// Options.
  public init(
    output: String, ledger: String? = nil, memory: Int = 256 << 20, threads: Int,
    fresh: Bool = false, part: Part? = nil
  ) {
    self.output = output
    self.ledger = ledger
    self.memory = memory
    self.threads = threads
    self.fresh = fresh
    self.part = part
  }
}

/// One of the stages of a run.
public enum CurationStage: String, Sendable, CaseIterable {
  /// Read every record, screen and hash it.
  case judge
  /// Find duplicates over all shards.
  case resolve
  /// Write parts, records and ledger.
  case write
}

/// Curates a corpus: shards through screens and duplicates to a safe corpus, with the ledger.
///
/// The same input, plan and binary give the same bytes, whatever the threads, however often the run
/// was killed, and however its stages were spread over processes.
public final class Curator {
  /// The plan.
  public let plan: CurationPlan
  /// The shards of the input.
  public let shards: [Shard]
  /// How far the run is.
  public let meter = ProgressMeter()

  private let options: CurationOptions
  private let layout: OutputLayout
  private let earlier: [EarlierShard]
  private var identity: RunIdentity
  private let code: CodeVersion
  private let machine: MachineDescription

  /// A run of `plan` over `shards`; nothing is touched yet.
  ///
  /// - Throws: where a ledger that the plan compares with cannot be read or trusted.
  public init(
    plan: CurationPlan, shards: [Shard], options: CurationOptions, code: CodeVersion,
    machine: MachineDescription
  ) throws {
    self.plan = plan
    self.shards = shards
    self.options = options
    self.code = code
    self.machine = machine
    layout = OutputLayout(folder: options.output)
    earlier = try EarlierShard.all(of: plan.duplicates.against)
    identity = RunIdentity(plan, shards, code, earlier: earlier)
  }

  /// The run's name in the ledger.
  public var run: String { identity.run }

  private var ledgerPath: String { options.ledger ?? layout.ledger }

  /// Does all that is left to do, or what is left of one stage.
  ///
  /// - Parameter stage: nil for all stages.
  /// - Returns: the sums of the run, once it is complete; nil after a stage that leaves some to do.
  public func run(_ stage: CurationStage? = nil) throws -> RunSummary? {
    try checkFolder()
    try Folder.make(layout.folder)
    let whole = try FileLock(path: layout.lockFile, waiting: stage != nil)
    try prepare()
    guard !Takedown.isPending(in: layout.folder) else {
      throw CurationError(
        .outputChanged, layout.folder,
        "a takedown was stopped here; run the same --without command again to finish it")
    }
    guard let stage else {
      defer { withExtendedLifetime(whole) {} }
      return try runAll()
    }
    // The stages of one run may work at the same time; a whole run may not join them.
    whole.share()
    return try runStage(stage, holding: whole)
  }

  private func runAll() throws -> RunSummary {
    let gate = LedgerGate(path: ledgerPath, run: run, sharedLock: nil)
    if let summary = try finishedSummary(gate) {
      try Folder.remove(layout.work)
      try gate.close()
      return summary
    }
    let context = try makeContext()
    let committed = try gate.with { Set(try $0.committedShards(of: run).keys) }
    try judge(context, context.survivalOrder.filter { !committed.contains($0) })
    if try Resolver.outcome(layout) == nil { try resolver(context).run() }
    try write(context, gate, shards.indices.filter { !committed.contains($0) })
    let summary = try finish(gate)
    try gate.close()
    try Folder.remove(layout.work)
    return summary
  }

  /// - Returns: the sums of the run, from the process that writes its last shard.
  private func runStage(_ stage: CurationStage, holding lock: FileLock) throws -> RunSummary? {
    defer { withExtendedLifetime(lock) {} }
    let gate = LedgerGate(path: ledgerPath, run: run, sharedLock: layout.ledgerLockFile)
    if let summary = try finishedSummary(gate) { return summary }
    let context = try makeContext()
    let committed = try gate.with { Set(try $0.committedShards(of: run).keys) }
    let chosen = context.survivalOrder.filter {
      guard let part = options.part else { return true }
      return $0 % part.count == part.index
    }
    switch stage {
    case .judge: try judge(context, chosen)
    case .resolve: try resolver(context).run()
    case .write:
      try write(
        context, gate, chosen.filter { shards.indices.contains($0) && !committed.contains($0) })
      let summary = try finishedSummary(gate)
      if summary != nil { try Folder.remove(layout.work) }
      return summary
    }
    return nil
  }

  private func judge(_ context: StageContext, _ chosen: [Int]) throws {
    let left = chosen.filter { !Folder.exists(layout.judged($0) + ".json") }
    meter.begin("judge", bytes: left.reduce(0) { $0 + context.shard($1).size })
    try pipeline().run { number -> JudgeLane? in
      number < left.count ? try JudgeLane(context, shard: left[number]) : nil
    }
  }

  private func write(_ context: StageContext, _ gate: LedgerGate, _ chosen: [Int]) throws {
    guard let resolved = try Resolver.outcome(layout) else {
      throw CurationError(
        .stageMissing, layout.folder, "the shards are not resolved yet; run --stage resolve first")
    }
    meter.begin("write", bytes: chosen.reduce(0) { $0 + shards[$1].size })
    try pipeline().run { number -> WriteLane? in
      guard number < chosen.count else { return nil }
      let shard = chosen[number]
      try resolved.check(shard, self.layout)
      return try WriteLane(
        context, gate: gate, shard: shard, repeatedIDs: resolved.repeatedIDs[shard])
    }
  }

  private func pipeline<Lane: PipelineLane>() -> Pipeline<Lane> {
    Pipeline(
      threads: options.threads, window: 2 * options.threads + 1,
      lanesAtOnce: max(1, options.threads),
      bytesInFlight: max(32, 3 * options.threads) << 20)
  }

  private func makeContext() throws -> StageContext {
    for name in ["judged", "write"] { try Folder.make("\(layout.work)/\(name)") }
    return try StageContext(
      plan: plan, layout: layout, shards: shards, earlier: earlier, seal: seal(),
      threads: options.threads, meter: meter)
  }

  private func resolver(_ context: StageContext) -> Resolver {
    Resolver(
      context: context, memory: options.memory / Resolver.memoryShare, threads: options.threads)
  }

  /// Completes the run in the ledger, or tells what a complete one did.
  private func finish(_ gate: LedgerGate) throws -> RunSummary {
    let measures = try self.measures()
    return try gate.with { try $0.finish(run: run, measures: measures) }
  }

  /// What the run as a whole did, for the ledger.
  private func measures() throws -> [Measure] {
    guard let near = try Resolver.outcome(layout)?.near else { return [] }
    return [
      Measure("candidatePairs", near.candidates),
      Measure("similarPairs", near.edges),
      Measure("clusters", near.clusters),
      Measure("largeBuckets", near.largeBuckets),
      Measure("skippedPairs", near.skippedPairs),
    ]
      + (near.settledNearHazards == 0
        ? [] : [Measure("earlierNearHazards", near.settledNearHazards)])
  }

  /// The run's key: made once, kept with the intermediate rows, gone with them.
  private func seal() throws -> BatchSeal {
    if Folder.exists(layout.sealFile) {
      let bytes = try FileSource.contents(of: layout.sealFile)
      if bytes.count == 32 { return BatchSeal(keyBytes: bytes) }
    }
    let seal = BatchSeal()
    let file = try OutputFile(temporaryPath: layout.sealFile + ".partial", mode: 0o600)
    try file.write(seal.keyBytes)
    try file.publish(as: layout.sealFile)
    return seal
  }
}

extension Curator {
  /// Checks that the output folder is new or this very run's, and enters the run in the ledger.
  private func prepare() throws {
    if options.fresh { try removeEarlierRun() }
    let earlier = try RunIdentity.read(layout)
    if let earlier {
      let changes = identity.changes(since: earlier)
      identity.begin(generation: earlier.generation)
      guard changes.isEmpty else {
        throw CurationError(
          .otherRun, layout.folder,
          "holds a run with something else: \(changes.joined(separator: ", ")) changed. "
            + "Put it back to resume, choose another output, or replace the run with --fresh")
      }
    } else {
      if Folder.exists(ledgerPath) {
        let base = identity.run
        let runs = try Ledger(reading: ledgerPath).runs()
        identity.begin(generation: runs.filter { $0.hasPrefix(base) }.count)
      }
      try identity.write(layout)
    }
    let gate = LedgerGate(path: ledgerPath, run: run, sharedLock: layout.ledgerLockFile)
    try gate.with { try $0.begin(description) }
    if let earlier { try checkTouched(since: earlier, gate) }
  }

  /// Refuses a folder with things in it that no run wrote, before anything is touched.
  private func checkFolder() throws {
    guard Folder.exists(layout.folder) else { return }
    try Folder.make(layout.folder)  // refuses a file in its place
    let isOurs = Folder.exists(layout.runFile)
    let foreign = try Folder.names(in: layout.folder).first {
      $0 != ".lock" && !$0.hasSuffix(".partial") && !(isOurs && OutputLayout.ownNames.contains($0))
    }
    // Beside an unfinished or finished run other files do no harm, until it is to be removed.
    guard let foreign, !isOurs || options.fresh else { return }
    throw CurationError(
      .foreignOutput, layout.folder,
      isOurs
        ? "holds \(foreign), which no run of Cordon wrote: move it away before --fresh"
        : "is not empty (\(foreign)) and no run of Cordon wrote it; choose an empty or new folder")
  }

  /// Whether the shards that are already in the ledger are still what was read, where the time of
  /// the file says that it was written to. Others are proved when they are written.
  private func checkTouched(since earlier: RunIdentity, _ gate: LedgerGate) throws {
    let committed = try gate.with { try $0.committedShards(of: run) }
    for (index, totals) in committed.sorted(by: { $0.key < $1.key })
    where earlier.shards[index].modified != identity.shards[index].modified {
      let digest = try FileSource.digest(of: shards[index].path)
      guard digest == totals.input.sha256 else { throw inputChanged(shards[index]) }
    }
  }

  /// The run whose output is in a folder; nil where the folder does not say.
  public static func run(in folder: String) throws -> String? {
    try RunIdentity.read(OutputLayout(folder: folder))?.run
  }

  private func removeEarlierRun() throws {
    guard Folder.exists(layout.runFile) else { return }
    // The run file goes last: while it is there, the folder is known as ours.
    for name in OutputLayout.ownNames where name != "run.json" {
      try Folder.remove(layout.folder + "/" + name)
    }
    try Folder.remove(layout.runFile)
  }

  private var description: RunDescription {
    RunDescription(
      id: run, kind: RunDescription.curate, plan: plan.bytes, settings: settings, seed: 0,
      ruleSets: plan.screens.ruleSets.map {
        RuleSetRow(name: $0.name, version: $0.version, body: $0.body)
      },
      rules: plan.screens.rules.map { RuleRow(name: $0.name, ruleSet: $0.ruleSet) },
      reasons: ReasonTable(plan.screens).names, code: code, machine: machine,
      shards: shards.map(\.name), against: earlier.map(\.description))
  }

  /// What else decides the output, as canonical JSON.
  private var settings: String {
    var text = JSONText()
    text.object {
      $0.member("batchBytes", Batch.targetSize)
      $0.member("recordLimit", Batch.recordLimit)
      $0.member("quarantineLimit", plan.quarantineLimit)
      $0.object("fields") {
        $0.array("text") { for path in plan.fields.text { $0.value(path) } }
        $0.member("id", plan.fields.id)
      }
      guard let near = plan.duplicates.near else { return }
      $0.object("near") {
        $0.member("shingle", near.shingle)
        $0.member("jaccard", near.jaccard)
        $0.member("bands", near.bands)
        $0.member("rows", near.rows)
      }
      $0.member("contagion", plan.contagion.rawValue)
    }
    return text.text
  }

  /// The sums of a run that is complete; nil for one that is not.
  ///
  /// - Throws: ``CurationError`` when a part of it is gone or has another size.
  private func finishedSummary(_ gate: LedgerGate) throws -> RunSummary? {
    let shardTotals = try gate.with { try $0.committedShards(of: run) }
    guard shardTotals.count == shards.count else { return nil }
    // A takedown may have written parts anew: what stands is the newest snapshot.
    let newest = try gate.with { try $0.newestSnapshot(from: run) }
    for (index, totals) in shardTotals.sorted(by: { $0.key < $1.key }) {
      var files = [(layout.records(shards[index].name), totals.records)]
      let part = newest.map { $0.parts[index].output } ?? totals.output
      if let output = part { files.append((layout.part(shards[index].name), output)) }
      for (path, artefact) in files where Folder.size(of: path) != artefact.bytes {
        throw CurationError(
          .outputChanged, path,
          "is not as the ledger says that it was written; restore it, or start with --fresh")
      }
    }
    return try finish(gate)
  }

  /// Whether a finished run must end with findings, and which.
  public func findings(in summary: RunSummary) -> [String] {
    var findings: [String] = []
    if summary.damagedShards > 0 {
      findings.append(
        "\(summary.damagedShards) damaged stream(s): their unreadable rest is in quarantine")
    }
    let issues = Set(RecordIssue.allCases.map(\.rawValue))
    let unreadable = summary.reasons.filter { issues.contains($0.0) }.reduce(0) { $0 + $1.1 }
    let share = summary.read == 0 ? 0 : Double(unreadable) / Double(summary.read)
    if share > plan.quarantineLimit {
      findings.append(
        "\(unreadable) of \(summary.read) records could not be read or scored, more than the "
          + "plan's quarantineLimit of \(plan.quarantineLimit)")
    }
    return findings
  }
}
