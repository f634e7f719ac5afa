internal import Corpus
internal import Deduplication
internal import Foundation
internal import Ledger
internal import Screening
internal import Streams

/// What the lanes of a stage share.
final class StageContext: Sendable {
  let plan: CurationPlan
  let layout: OutputLayout
  /// The shards of the input.
  let shards: [Shard]
  /// The parts of earlier snapshots that the input is compared with.
  let earlier: [EarlierShard]
  let reasons: ReasonTable
  let seal: BatchSeal
  let pool: BlockPool
  let meter: ProgressMeter
  // One for each worker, used by that worker alone.
  nonisolated(unsafe) let workers: [Worker]

  init(
    plan: CurationPlan, layout: OutputLayout, shards: [Shard], earlier: [EarlierShard] = [],
    seal: BatchSeal, threads: Int, meter: ProgressMeter
  ) throws {
    self.plan = plan
    self.layout = layout
    self.shards = shards
    self.earlier = earlier
    self.seal = seal
    self.meter = meter
    reasons = ReasonTable(plan.screens)
    pool = BlockPool(limit: 4 * threads + 4)
    workers = try (0..<threads).map { _ in try Worker(plan) }
  }

  /// The shard of a number: those of the input first, behind them those of earlier snapshots.
  func shard(_ index: Int) -> Shard {
    index < shards.count ? shards[index] : earlier[index - shards.count].shard
  }

  /// All numbers in the order in which documents survive: earlier snapshots before the input.
  var survivalOrder: [Int] {
    Array(shards.count..<shards.count + earlier.count) + Array(shards.indices)
  }
}

/// A batch on its way through judging.
final class JudgeItem {
  let batch: Batch
  let encoded: ByteBlock
  /// The batch's signatures; nil where the plan needs none.
  let signatures: ByteBlock?

  init(_ batch: Batch, _ encoded: ByteBlock, signatures: ByteBlock?) {
    self.batch = batch
    self.encoded = encoded
    self.signatures = signatures
  }
}

/// The first stage: reads a shard in order, validates, screens and hashes every record, and writes
/// intermediate rows. It knows nothing of other shards.
///
/// What an earlier, killed process judged is used again: those batches are only compared.
///
/// A part of an earlier snapshot is read, hashed and signed in the same way, and not screened: what
/// is kept there was judged by the plan of its own run.
final class JudgeLane: PipelineLane {
  static let stages: [StageKind] = [.parallel, .serial]

  private let context: StageContext
  private let shard: Shard
  private let index: Int
  private let reader: BatchReader
  /// No other process works on the shard.
  private let lock: FileLock
  private let output: OutputFile
  /// What the ledger of its snapshot says of the file; nil for a shard of the input.
  private let promised: EarlierShard?
  private let inputDigest = DigestChain()
  private let signatures: OutputFile?
  private var judged = JudgedShard(
    rows: 0, batches: 0, fileSize: 0, bytes: 0, recordBytes: 0, refused: 0,
    compression: "", damage: nil, trustedBytes: nil)
  private var batchesSeen = 0
  /// The tags of the batches that an earlier process judged.
  private let known: [[UInt8]]

  init(_ context: StageContext, shard index: Int) throws {
    self.context = context
    self.index = index
    shard = context.shard(index)
    promised = index < context.shards.count ? nil : context.earlier[index - context.shards.count]
    lock = try FileLock(path: context.layout.temporary(index, "lock"))
    reader = try BatchReader(shard, pool: context.pool, hashing: promised != nil)
    let path = context.layout.judged(index) + ".partial"
    var known: [[UInt8]] = []
    var kept: Int64 = 0
    let signaturesPath = context.layout.signatures(index) + ".partial"
    let signed = try SignedBatches(context, index, signaturesPath)
    if Folder.exists(path) {
      let earlier = try JudgedFileReader(path: path)
      while known.count < signed.count, let block = try earlier.next(),
        block.batch == known.count
      {
        known.append(block.tag)
        block.count(in: &judged)
        kept = earlier.position
      }
    }
    self.known = known
    signatures =
      context.plan.duplicates.near == nil
      ? nil
      : try OutputFile(
        temporaryPath: signaturesPath, mode: 0o600, keeping: signed.end(of: known.count))
    output = try OutputFile(temporaryPath: path, keeping: kept)
    judged.compression = reader.compression.rawValue
    judged.fileSize = reader.fileSize
  }

  static func weight(of item: JudgeItem) -> Int { item.batch.byteCount }

  func next(worker: Int) throws -> JudgeItem? {
    guard let batch = try reader.next() else { return nil }
    return JudgeItem(
      batch, context.pool.take(), signatures: signatures == nil ? nil : context.pool.take())
  }

  func run(stage: Int, item: JudgeItem, worker: Int) throws {
    switch stage {
    case 0: try judge(item, context.workers[worker])
    default: try commit(item)
    }
  }

  private func judge(_ item: JudgeItem, _ worker: Worker) throws {
    let batch = item.batch
    let tag = context.seal.tag(of: batch.block.bytes, shard: index, batch: batch.index)
    if batch.index < known.count {
      guard known[batch.index] == tag else { throw inputChanged(shard) }
      return
    }
    worker.beginBatch()
    var matches: [JudgedMatch] = []
    var record: UInt32 = 0
    RecordCutter.forEachRecord(in: batch, format: shard.format) { span in
      judge(span, of: batch, record: record, worker, &matches)
      record += 1
    }
    worker.hashTexts()
    JudgedBlock.write(
      batch: batch.index, batchByteCount: batch.block.count, tag: tag, rows: worker.rows,
      ids: worker.ids, matches: matches, into: item.encoded)
    if let signatures = item.signatures {
      worker.signatures?.encode(
        batch: batch.index, shard: index, seal: context.seal, into: signatures)
    }
  }

  private func judge(
    _ span: RecordSpan, of batch: Batch, record: UInt32, _ worker: Worker,
    _ matches: inout [JudgedMatch]
  ) {
    var row = JudgedRow()
    row.start = UInt32(span.start)
    row.length = UInt32(span.end - span.start)
    row.lineEnd = UInt8(span.end - span.contentEnd)
    let content = batch.block.bytes(span.start..<span.contentEnd)
    if let issue = span.issue {
      note(issue, content, &row)
      appendID(nil, worker)
    } else {
      switch worker.parser.parse(content, format: shard.format) {
      case .failure(let error):
        note(error.issue, content, &row)
        appendID(nil, worker)
      case .success(let parsed):
        worker.hash(parsed.text, into: &row)
        row.textLength = UInt32(parsed.text.count)
        if let id = parsed.id {
          row.hasID = true
          row.idHash = DecisionRecord.hash(ofID: id)
        }
        appendID(parsed.id, worker)
        if promised == nil { screen(parsed.text, record, worker, &row, &matches) }
        if row.outcome != .issue { worker.sign(parsed.text, into: &row) }
      }
    }
    if row.outcome == .issue { worker.signatures?.appendNone() }
    row.append(to: worker.rows)
  }

  private func screen(
    _ text: UnsafeRawBufferPointer, _ record: UInt32, _ worker: Worker, _ row: inout JudgedRow,
    _ matches: inout [JudgedMatch]
  ) {
    do {
      try worker.session.judge(text, into: &worker.judgement)
    } catch {
      // Fail closed: what cannot be scored is not kept.
      row.outcome = .issue
      row.reason = context.reasons.number(.unscored)
      return
    }
    let judgement = worker.judgement
    guard let action = judgement.action else { return }
    row.outcome =
      switch action {
      case .tag: .tagged
      case .quarantine: .quarantined
      case .drop: .dropped
      }
    row.isHazardous = judgement.hazardAction.map { $0 > .tag } ?? false
    row.reason = context.reasons.number(screenReason: judgement.reason)
    row.rule = judgement.rule.map { UInt32($0 + 1) } ?? 0
    for match in judgement.matches {
      matches.append(
        JudgedMatch(
          record: record, rule: UInt32(match.rule + 1), start: UInt64(match.start),
          length: UInt32(match.length)))
    }
  }

  private func note(
    _ issue: RecordIssue, _ content: UnsafeRawBufferPointer, _ row: inout JudgedRow
  ) {
    row.outcome = .issue
    row.reason = context.reasons.number(issue)
    row.digest = Digest256(hashing: content)
  }

  private func appendID(_ id: UnsafeRawBufferPointer?, _ worker: Worker) {
    let length = id.map { UInt32($0.count) } ?? .max
    withUnsafeBytes(of: length.littleEndian) { worker.ids.append($0) }
    if let id { worker.ids.append(id) }
  }

  private func commit(_ item: JudgeItem) throws {
    let batch = item.batch
    batchesSeen += 1
    judged.bytes += Int64(batch.block.count)
    if let damage = batch.damage { judged.damage = damage.rawValue }
    if batch.index >= known.count {
      if let block = item.signatures { try signatures?.write(block.bytes) }
      try output.write(item.encoded.bytes)
      JudgedBlock.justWritten(item.encoded).count(in: &judged)
    }
    if promised != nil && reader.compression == .none { inputDigest.update(batch.block.bytes) }
    context.meter.advance(by: batch.fileBytes)
    context.pool.give(batch.block)
    context.pool.give(item.encoded)
    if let block = item.signatures { context.pool.give(block) }
  }

  func finish(worker: Int) throws {
    // The file may have lost its end since an earlier process judged it.
    guard batchesSeen == judged.batches else { throw inputChanged(shard) }
    judged.trustedBytes = reader.trustedBytes
    if let promised {
      try promised.check(
        sha256: try reader.fileDigest() ?? inputDigest.digest(), documents: judged.rows,
        unreadable: judged.refused)
    }
    try signatures?.publish(as: context.layout.signatures(index))
    let path = context.layout.judged(index)
    try output.publish(as: path)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let summary = try OutputFile(temporaryPath: path + ".json.partial")
    try summary.write(Array(encoder.encode(judged)))
    try summary.publish(as: path + ".json")
  }
}

/// The whole batches in a file of signatures that an earlier process left.
private struct SignedBatches {
  /// Behind each, the bytes of the file up to its end; nil where the plan needs no signatures.
  private let ends: [Int64]?

  init(_ context: StageContext, _ index: Int, _ path: String) throws {
    guard context.plan.duplicates.near != nil else {
      ends = nil
      return
    }
    ends =
      Folder.exists(path)
      ? try SignatureFile.wholeBlocks(path: path, shard: index, seal: context.seal) : []
  }

  /// How many there are; without limit where none are needed.
  var count: Int { ends?.count ?? .max }

  /// The bytes of the first `batches`.
  func end(of batches: Int) -> Int64 { batches == 0 ? 0 : ends?[batches - 1] ?? 0 }
}

func inputChanged(_ shard: Shard) -> CurationError {
  CurationError(
    .inputChanged, shard.name,
    "the file changed after it was judged; put it back, or start anew with --fresh")
}
