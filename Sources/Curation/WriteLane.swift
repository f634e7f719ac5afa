internal import Corpus
internal import Foundation
internal import Ledger
internal import Streams

/// The third stage: reads a shard again, proves batch by batch that it is what was judged, and
/// writes its part, its records and its quarantine, then one ledger commit.
///
/// Everything is written under temporary names, made durable and renamed before the commit: a
/// shard is in the ledger or it is to be written again.
final class WriteLane: PipelineLane {
  static let stages: [StageKind] = [.parallel, .serial, .serial]

  private let context: StageContext
  private let gate: LedgerGate
  private let index: Int
  private let shard: Shard
  private let reader: BatchReader
  /// No other process works on the shard.
  private let lock: FileLock
  private let judgedReader: JudgedFileReader
  private let resolved: ResolutionReader
  private let judged: JudgedShard
  private let repeatedIDs: Int64
  private let assembly: Assembly
  /// Every byte of the shard is written, so the part's digest is the shard's.
  private let isWholeCopy: Bool

  private var nextRow: UInt64 = 0
  private var part: OutputFile
  private let records: OutputFile
  private let ids: OutputFile
  private var quarantine: OutputFile?
  private let inputDigest = DigestChain()
  private let partDigest = DigestChain()
  private var recordsDigest = DigestStream()
  private var tree = MerkleTree()
  private var tally: Tally

  init(_ context: StageContext, gate: LedgerGate, shard index: Int, repeatedIDs: Int64) throws {
    self.context = context
    self.gate = gate
    self.index = index
    self.repeatedIDs = repeatedIDs
    shard = context.shards[index]
    judged = try JudgedShard.read(context.layout, index)
    lock = try FileLock(path: context.layout.temporary(index, "lock"))
    reader = try BatchReader(shard, pool: context.pool)
    judgedReader = try JudgedFileReader(path: context.layout.judged(index))
    let duplicatesPath = context.layout.duplicates(index)
    resolved = try ResolutionReader(path: duplicatesPath)
    assembly = Assembly(context: context, shard: shard, doubt: context.doubt(judged))
    isWholeCopy =
      reader.compression == .none && judged.refused == 0 && judged.recordBytes == judged.bytes
      && !Folder.exists(duplicatesPath)
    tally = Tally(reasons: context.reasons.names.count)
    let layout = context.layout
    part = try OutputFile(temporaryPath: layout.temporary(index, "part"))
    records = try OutputFile(temporaryPath: layout.temporary(index, "records"))
    ids = try OutputFile(temporaryPath: layout.temporary(index, "ids"))
    guard reader.compression.rawValue == judged.compression else { throw inputChanged(shard) }
  }

  static func weight(of item: WriteItem) -> Int { item.batch.byteCount }

  func next(worker: Int) throws -> WriteItem? {
    let batch = try reader.next()
    let block = try judgedReader.next()
    guard let batch, let block else {
      guard batch == nil && block == nil else { throw inputChanged(shard) }
      return nil
    }
    var resolutions: [Resolution] = []
    while let resolution = try resolved.next(below: nextRow + UInt64(block.rowCount)) {
      resolutions.append(resolution)
    }
    let item = WriteItem(
      batch, block, firstRow: nextRow, resolutions: resolutions,
      reasons: context.reasons.names.count)
    nextRow += UInt64(block.rowCount)
    return item
  }

  func run(stage: Int, item: WriteItem, worker: Int) throws {
    switch stage {
    case 0: try assemble(item, context.workers[worker])
    case 1: hash(item)
    default: try commit(item)
    }
  }

  private func assemble(_ item: WriteItem, _ worker: Worker) throws {
    let bytes = item.batch.block.bytes
    guard item.judged.batchByteCount == bytes.count,
      context.seal.tag(of: bytes, shard: index, batch: item.batch.index) == item.judged.tag
    else { throw inputChanged(shard) }
    assembly.assemble(item)
    guard reader.compression != .none, !item.keptRanges.isEmpty else { return }
    let frame = context.pool.take()
    try worker.encoder.encode(
      item.keptRanges, of: item.batch.block, reader.compression, into: frame)
    item.frame = frame
  }

  /// The digests of shard and part, which are chains from batch to batch: for plain shards side by
  /// side. A compressed shard is hashed as it is read.
  private func hash(_ item: WriteItem) {
    let block = item.batch.block
    recordsDigest.update(item.records.bytes)
    if let frame = item.frame {
      partDigest.update(frame.bytes)
    } else if reader.compression != .none {
      return
    } else if isWholeCopy {
      inputDigest.update(block.bytes)
    } else {
      DigestChain.update(
        inputDigest, [block.bytes], partDigest, item.keptRanges.map { block.bytes($0) })
    }
  }

  private func commit(_ item: WriteItem) throws {
    if let frame = item.frame {
      try part.write(frame.bytes)
      context.pool.give(frame)
    } else {
      for range in item.keptRanges { try part.write(item.batch.block.bytes(range)) }
    }
    try records.write(item.records.bytes)
    try ids.write(item.judged.ids)
    if !item.quarantine.isEmpty { try openQuarantine().write(item.quarantine) }
    for leaf in item.leaves { tree.append(leafHash: leaf) }
    tally.add(item.tally)
    context.meter.advance(by: item.batch.fileBytes)
    context.pool.give(item.batch.block)
  }

  private func openQuarantine() throws -> OutputFile {
    if let quarantine { return quarantine }
    let file = try OutputFile(
      temporaryPath: context.layout.temporary(index, "quarantine"), mode: 0o600)
    quarantine = file
    return file
  }

  func finish(worker: Int) throws {
    guard nextRow == UInt64(judged.rows) else { throw inputChanged(shard) }
    let kept = tally.verdicts[Int(Verdict.kept.rawValue)]
    guard tally.read == Int64(judged.rows), tally.verdicts.reduce(0, +) == tally.read else {
      throw CurationError(
        .imbalance, shard.name, "read is not kept + dropped + duplicate + quarantined")
    }
    try PartEncoder.fill(part, reader.compression, partDigest)
    // A text shard whose document is not kept has no part: an empty file would be a document.
    let hasPart = shard.format != .text || kept == tally.read
    let input = Artefact(
      sha256: try reader.fileDigest() ?? inputDigest.digest(), bytes: reader.fileSize)
    let sha256 = isWholeCopy ? input.sha256 : partDigest.digest()
    let output = hasPart ? Artefact(sha256: sha256, bytes: part.size) : nil
    let decisions = Artefact(sha256: recordsDigest.digest(), bytes: records.size)
    try publish(hasPart: hasPart)
    let rows = WrittenRows(
      records: context.layout.records(shard.name), duplicates: context.layout.duplicates(index),
      judged: context.layout.judged(index))
    try gate.commit(commit(input, output, decisions), rows: rows)
  }

  private func publish(hasPart: Bool) throws {
    let layout = context.layout
    var files = [(records, layout.records(shard.name)), (ids, layout.ids(shard.name))]
    if hasPart { files.append((part, layout.part(shard.name))) }
    if let quarantine { files.append((quarantine, layout.quarantine(shard.name))) }
    for (file, path) in files {
      try file.close()
      try Folder.make(Folder.parent(of: path))
      try file.publish(as: path)
    }
    if !hasPart {
      try part.close()
      try Folder.remove(part.temporaryPath)
    }
  }

  private func commit(_ input: Artefact, _ output: Artefact?, _ records: Artefact) -> ShardCommit {
    ShardCommit(
      run: gate.run, shard: index, attempt: 1, input: input, output: output,
      format: shard.format.rawValue, compression: reader.compression.encoderIdentity,
      read: tally.read, kept: tally.verdicts[0], dropped: tally.verdicts[1],
      duplicate: tally.verdicts[2], quarantined: tally.verdicts[3], edited: 0,
      bytesRead: tally.bytesRead, bytesKept: tally.bytesKept, reasonCounts: tally.reasons,
      records: records, root: tree.root, exceptions: [], duplicates: [], matches: [],
      damage: judged.damage, repeatedIDs: repeatedIDs)
  }
}
