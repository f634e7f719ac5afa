internal import Corpus
internal import Foundation
internal import Ledger
internal import Streams

/// A batch of a part that changes.
final class TakedownItem {
  let batch: Batch
  /// What stays of it.
  let kept: [Range<Int>]
  var frame: ByteBlock?

  init(_ batch: Batch, kept: [Range<Int>]) {
    self.batch = batch
    self.kept = kept
  }
}

/// Writes one part without the documents that go, and the takedown's records of all its documents,
/// into the staging folder; proves on the way that the part is the one that the ledger knows.
final class TakedownLane: PipelineLane {
  static let stages: [StageKind] = [.parallel, .serial]

  private let context: TakedownContext
  /// The shard of the takedown.
  private let shard: Int
  private let old: Snapshot.Part
  private let expected: Artefact
  private let path: String
  private let format: ShardFormat
  private let reader: BatchReader
  private let part: OutputFile
  private let rows: [UInt64]
  private var nextRow: UInt64 = 0
  private var nextGone = 0
  private let inputDigest = DigestChain()
  private let partDigest = DigestChain()
  private var bytesRead: Int64 = 0
  private var bytesKept: Int64 = 0

  init(_ context: TakedownContext, shard: Int) throws {
    self.context = context
    self.shard = shard
    rows = context.rows[shard]
    old = context.history.snapshot.parts[context.parts[shard]]
    path = context.layout.part(old.path)
    guard let expected = old.output, let format = ShardFormat(rawValue: old.format) else {
      throw TakedownError(
        .imbalance, path, "has documents, but no file or format in the ledger. Please report this")
    }
    self.expected = expected
    self.format = format
    reader = try BatchReader(
      Shard(path: path, name: old.path, format: format, size: expected.bytes, modified: 0),
      pool: context.pool)
    part = try OutputFile(temporaryPath: context.layout.staged(context.run, shard, "part"))
    guard reader.fileSize == expected.bytes else { throw changed() }
  }

  static func weight(of item: TakedownItem) -> Int { item.batch.byteCount }

  func next(worker: Int) throws -> TakedownItem? {
    guard let batch = try reader.next() else { return nil }
    var kept: [Range<Int>] = []
    try RecordCutter.forEachRecord(in: batch, format: format) { span in
      guard span.issue == nil else { throw changed() }
      defer { nextRow += 1 }
      if nextGone < rows.count && rows[nextGone] == nextRow {
        nextGone += 1
      } else if let last = kept.last, last.upperBound == span.start {
        kept[kept.count - 1] = last.lowerBound..<span.end
      } else {
        kept.append(span.start..<span.end)
      }
    }
    return TakedownItem(batch, kept: kept)
  }

  func run(stage: Int, item: TakedownItem, worker: Int) throws {
    let block = item.batch.block
    guard stage == 0 else { return try write(item) }
    guard reader.compression != .none, !item.kept.isEmpty else { return }
    let frame = context.pool.take()
    try context.encoders[worker].encode(item.kept, of: block, reader.compression, into: frame)
    item.frame = frame
  }

  private func write(_ item: TakedownItem) throws {
    let block = item.batch.block
    if let frame = item.frame {
      partDigest.update(frame.bytes)
      try part.write(frame.bytes)
      context.pool.give(frame)
    } else if reader.compression == .none {
      let pieces = item.kept.map { block.bytes($0) }
      DigestChain.update(inputDigest, [block.bytes], partDigest, pieces)
      for piece in pieces { try part.write(piece) }
    }
    bytesRead += Int64(item.batch.byteCount)
    bytesKept += item.kept.reduce(0) { $0 + Int64($1.count) }
    context.meter.advance(by: item.batch.fileBytes)
    context.pool.give(block)
  }

  func finish(worker: Int) throws {
    guard try reader.fileDigest() ?? inputDigest.digest() == expected.sha256,
      nextRow == UInt64(old.documents), nextGone == rows.count
    else { throw changed() }
    try PartEncoder.fill(part, reader.compression, partDigest)
    try part.close()
    // As in a curation: a text shard whose document is gone has no part.
    let hasPart = format != .text || rows.isEmpty
    let output = hasPart ? Artefact(sha256: partDigest.digest(), bytes: part.size) : nil
    if !hasPart { try Folder.remove(part.temporaryPath) }
    context.add(try writeRecords(output))
  }

  /// Writes records and ids of all documents that the part had.
  private func writeRecords(_ output: Artefact?) throws -> ShardCommit {
    let index = context.parts[shard]
    let step = context.history.steps[index][0]
    let place = DecisionPlace(
      ofShard: step.shard, run: context.history.runs[step.run], in: context.layout.folder)
    let documents = try context.history.documents(ofPart: index, in: context.layout.folder)
    let ids = try DocumentIDReader(path: place.ids)
    let layout = context.layout
    let files = (
      records: try OutputFile(temporaryPath: layout.staged(context.run, shard, "records")),
      ids: try OutputFile(temporaryPath: layout.staged(context.run, shard, "ids"))
    )
    var digest = DigestStream()
    var tree = MerkleTree()
    var gone = 0
    let bytes = ByteBlock(capacity: DecisionRecord.byteCount)
    while let document = try documents.next() {
      let id = try ids.next(for: document.record)
      guard let row = document.partRow else { continue }
      let goes = gone < rows.count && rows[gone] == row
      if goes { gone += 1 }
      bytes.truncate(to: 0)
      TakedownLane.record(document.record, row: row, goes: goes)
        .write(to: bytes.room(atLeast: DecisionRecord.byteCount))
      bytes.didWrite(DecisionRecord.byteCount)
      digest.update(bytes.bytes)
      tree.append(leaf: bytes.bytes)
      try files.records.write(bytes.bytes)
      try withUnsafeBytes(of: (id.map { UInt32($0.count) } ?? .max).littleEndian) {
        try files.ids.write($0)
      }
      if let id { try files.ids.write(id) }
    }
    try files.records.close()
    try files.ids.close()
    let records = Artefact(sha256: digest.digest(), bytes: files.records.size)
    return commit(output, records, root: tree.root)
  }

  /// The takedown's word about a document: what identifies it is what the first run saw.
  private static func record(
    _ first: DecisionRecord, row: UInt64, goes: Bool
  ) -> DecisionRecord {
    DecisionRecord(
      verdict: goes ? .dropped : .kept, flags: first.flags.intersection(.hasID),
      reason: goes ? 1 : 0, row: row, digest: first.digest, idHash: first.idHash,
      textLength: first.textLength)
  }

  private func commit(_ output: Artefact?, _ records: Artefact, root: Digest256) -> ShardCommit {
    let gone = Int64(rows.count)
    return ShardCommit(
      run: context.run, shard: shard, attempt: 1, input: expected, output: output,
      format: old.format, compression: reader.compression.encoderIdentity, read: old.documents,
      kept: old.documents - gone, dropped: gone, duplicate: 0, quarantined: 0, edited: 0,
      bytesRead: bytesRead, bytesKept: bytesKept, reasonCounts: [gone], records: records,
      root: root, exceptions: [], duplicates: [], matches: [], damage: nil, repeatedIDs: 0)
  }

  private func changed() -> TakedownError {
    TakedownError(
      .changedPart, path,
      "is not the part that run \(old.run) wrote; nothing was taken down. Restore it, or curate "
        + "again with --fresh")
  }
}
