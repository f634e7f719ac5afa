internal import Corpus
internal import Ledger
internal import Streams

/// The ledger's rows of a shard, read from the files that its writing left: decision records,
/// resolved duplicates and judged matches. Nothing of them stands in memory.
struct WrittenRows: ShardRows {
  /// The decision records, published.
  let records: String
  /// The resolved duplicates.
  let duplicates: String
  /// The judged rows.
  let judged: String

  func forEachException(
    _ body: (DecisionRecord, DuplicateRow?, SimilarityRow?) throws -> Void
  ) throws {
    let size = DecisionRecord.byteCount
    let source = try FileSource(path: records)
    let resolved = try ResolutionReader(path: duplicates)
    let block = ByteBlock(capacity: size << 10)
    while true {
      block.truncate(to: 0)
      let got = try source.read(size << 10, into: block)
      guard got > 0 else { return }
      for start in stride(from: 0, to: got, by: size) {
        let record = try DecisionRecord(reading: block.bytes(start..<start + size))
        guard record.verdict != .kept else { continue }
        let resolution = try resolved.next(below: record.row + 1)
        try body(record, resolution?.duplicateRow, resolution?.similarityRow)
      }
    }
  }

  func forEachMatch(_ body: (MatchRow) throws -> Void) throws {
    let reader = try JudgedFileReader(path: judged)
    var firstRow: UInt64 = 0
    while let block = try reader.next() {
      for match in block.matches {
        try body(
          MatchRow(
            row: firstRow + UInt64(match.record), rule: match.rule, start: match.start,
            length: match.length))
      }
      firstRow += UInt64(block.rowCount)
    }
  }
}
