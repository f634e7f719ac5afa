@testable import Corpus
@testable import Curation
import Foundation
import Ledger
import Streams
import TestSupport
import Testing

/// Invented plans, packs and shards.
enum Example {
  static let pack = """
    pack: invented
    version: 3
    hazard: chemical
    level: red
    terms:
      - veltrin sulfoxide
      - {pattern: 'orrin-?\\d+ process', weight: 2}
    """

  static let mentions = """
    pack: mentions
    version: 1
    hazard: biological
    level: green
    terms:
      - quessane
    """

  static let plan = """
    plan: demo
    version: 1
    screens:
      - blocklist: pack.yaml
      - blocklist: mentions.yaml
        onHazard: tag
    duplicates: {exact: true}
    """

  /// Reads a plan in a folder that holds both packs.
  static func plan(_ text: String = plan, in folder: URL) throws -> CurationPlan {
    try write(pack, "pack.yaml", in: folder)
    try write(mentions, "mentions.yaml", in: folder)
    try write(text, "plan.yaml", in: folder)
    return try CurationPlan(path: folder.appendingPathComponent("plan.yaml").path)
  }

  static func write(_ text: String, _ name: String, in folder: URL) throws {
    try Data(text.utf8).write(to: folder.appendingPathComponent(name))
  }

  static func shard(_ name: String, size: Int64 = 10, modified: Int64 = 20) -> Shard {
    Shard(path: "/in/\(name)", name: name, format: .jsonLines, size: size, modified: modified)
  }

  static let code = CodeVersion(
    version: "0.1", binary: digest("binary"), swift: "6.3.1", libraries: "zlib 1.2.13")

  static func digest(_ text: String) -> Digest256 { Digest256(hashing: Array(text.utf8)) }

  /// What the lanes of a run over these shards share.
  static func context(
    _ plan: CurationPlan, _ shards: [Shard], in folder: URL
  ) throws -> StageContext {
    let layout = OutputLayout(folder: folder.path)
    for name in ["judged", "write"] { try Folder.make("\(layout.work)/\(name)") }
    return try StageContext(
      plan: plan, layout: layout, shards: shards, seal: BatchSeal(), threads: 1,
      meter: ProgressMeter())
  }

  static func block(_ bytes: [UInt8]) -> ByteBlock {
    let block = ByteBlock(capacity: max(1, bytes.count))
    bytes.withUnsafeBytes { block.append($0) }
    return block
  }

  static func batch(_ bytes: [UInt8], index: Int = 0, offset: Int64 = 0) -> Batch {
    Batch(
      index: index, offset: offset, block: block(bytes), continuation: 0, isCutShort: false,
      damage: nil, fileBytes: Int64(bytes.count))
  }

  /// A row with these properties; where it stands is for the caller to say.
  static func row(
    _ outcome: JudgedRow.Outcome, _ text: String, id: String? = nil, reason: UInt16 = 0,
    rule: UInt32 = 0
  ) -> JudgedRow {
    var row = JudgedRow()
    row.outcome = outcome
    row.digest = digest(text)
    row.textLength = UInt32(text.utf8.count)
    row.reason = reason
    row.rule = rule
    if let id {
      row.hasID = true
      row.idHash = Array(id.utf8).withUnsafeBytes { DecisionRecord.hash(ofID: $0) }
    }
    return row
  }

  /// A block of an intermediate file with these rows.
  static func judged(
    _ rows: [JudgedRow], batch: Int = 0, byteCount: Int = 0, tag: [UInt8]? = nil,
    ids: [UInt8] = [], matches: [JudgedMatch] = []
  ) -> ByteBlock {
    let encodedRows = ByteBlock(capacity: 64)
    for row in rows { row.append(to: encodedRows) }
    let block = ByteBlock(capacity: 64)
    JudgedBlock.write(
      batch: batch, batchByteCount: byteCount,
      tag: tag ?? Array(repeating: 7, count: BatchSeal.tagByteCount), rows: encodedRows,
      ids: Example.block(ids), matches: matches, into: block)
    return block
  }
}

extension WriteItem {
  /// The records of what is not kept, read back from the bytes that are written.
  var exceptions: [DecisionRecord] {
    stride(from: 0, to: records.count, by: DecisionRecord.byteCount).compactMap { start in
      let bytes = records.bytes(start..<start + DecisionRecord.byteCount)
      let record = try? DecisionRecord(reading: bytes)
      return record?.verdict == .kept ? nil : record
    }
  }
}

/// A shard in which everything is kept.
struct NoRows: ShardRows {
  func forEachException(
    _ body: (DecisionRecord, DuplicateRow?, SimilarityRow?) throws -> Void
  ) throws {}
  func forEachMatch(_ body: (MatchRow) throws -> Void) throws {}
}
