internal import Corpus
internal import Foundation
internal import Ledger
internal import Screening
internal import Streams

/// What the lanes of a stage share.
final class StageContext: Sendable {
  let plan: CurationPlan
  let layout: OutputLayout
  let shards: [Shard]
  let reasons: ReasonTable
  let seal: BatchSeal
  let pool: BlockPool
  let meter: ProgressMeter
  // One for each worker, used by that worker alone.
  nonisolated(unsafe) let workers: [Worker]

  init(
    plan: CurationPlan, layout: OutputLayout, shards: [Shard], seal: BatchSeal, threads: Int,
    meter: ProgressMeter
  ) throws {
    self.plan = plan
    self.layout = layout
    self.shards = shards
    self.seal = seal
    self.meter = meter
    reasons = ReasonTable(plan.screens)
    pool = BlockPool(limit: 4 * threads + 4)
    workers = try (0..<threads).map { _ in try Worker(plan) }
  }
}

/// A batch on its way through judging.
final class JudgeItem {
  let batch: Batch
  let encoded: ByteBlock

  init(_ batch: Batch, _ encoded: ByteBlock) {
    self.batch = batch
    self.encoded = encoded
  }
}

/// The first stage: reads a shard in order, validates, screens and hashes every record, and writes
/// intermediate rows. It knows nothing of other shards.
///
/// What an earlier, killed process judged is used again: those batches are only compared.
final class JudgeLane: PipelineLane {
  static let stages: [StageKind] = [.parallel, .serial]

  private let context: StageContext
  private let shard: Shard
  private let index: Int
  private let reader: BatchReader
  /// No other process works on the shard.
  private let lock: FileLock
  private let output: OutputFile
  private var judged = JudgedShard(
    rows: 0, batches: 0, fileSize: 0, bytes: 0, recordBytes: 0, refused: 0,
    compression: "", damage: nil, trustedBytes: nil)
  private var batchesSeen = 0
  /// The tags of the batches that an earlier process judged.
  private let known: [[UInt8]]

  init(_ context: StageContext, shard index: Int) throws {
    self.context = context
    self.index = index
    shard = context.shards[index]
    lock = try FileLock(path: context.layout.temporary(index, "lock"))
    reader = try BatchReader(shard, pool: context.pool, hashing: false)
    let path = context.layout.judged(index) + ".partial"
    var known: [[UInt8]] = []
    var kept: Int64 = 0
    if Folder.exists(path) {
      let earlier = try JudgedFileReader(path: path)
      while let block = try earlier.next(), block.batch == known.count {
        known.append(block.tag)
        block.count(in: &judged)
        kept = earlier.position
      }
    }
    self.known = known
    output = try OutputFile(temporaryPath: path, keeping: kept)
    judged.compression = reader.compression.rawValue
    judged.fileSize = reader.fileSize
  }

  static func weight(of item: JudgeItem) -> Int { item.batch.byteCount }

  func next(worker: Int) throws -> JudgeItem? {
    guard let batch = try reader.next() else { return nil }
    return JudgeItem(batch, context.pool.take())
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
        screen(parsed.text, content, record, worker, &row, &matches)
      }
    }
    row.append(to: worker.rows)
  }

  private func screen(
    _ text: UnsafeRawBufferPointer, _ content: UnsafeRawBufferPointer, _ record: UInt32,
    _ worker: Worker, _ row: inout JudgedRow, _ matches: inout [JudgedMatch]
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
      try output.write(item.encoded.bytes)
      JudgedBlock.justWritten(item.encoded).count(in: &judged)
    }
    context.meter.advance(by: batch.fileBytes)
    context.pool.give(batch.block)
    context.pool.give(item.encoded)
  }

  func finish(worker: Int) throws {
    // The file may have lost its end since an earlier process judged it.
    guard batchesSeen == judged.batches else { throw inputChanged(shard) }
    judged.trustedBytes = reader.trustedBytes
    let path = context.layout.judged(index)
    try output.publish(as: path)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let summary = try OutputFile(temporaryPath: path + ".json.partial")
    try summary.write(Array(encoder.encode(judged)))
    try summary.publish(as: path + ".json")
  }
}

func inputChanged(_ shard: Shard) -> CurationError {
  CurationError(
    .inputChanged, shard.name,
    "the file changed after it was judged; put it back, or start anew with --fresh")
}
