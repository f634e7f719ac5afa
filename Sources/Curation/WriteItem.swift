internal import Corpus
internal import Ledger
internal import Streams

/// How many records of a shard met which fate.
struct Tally {
  var read: Int64 = 0
  var verdicts: [Int64] = Array(repeating: 0, count: Verdict.allCases.count)
  var reasons: [Int64]
  var tagged: Int64 = 0
  var bytesRead: Int64 = 0
  var bytesKept: Int64 = 0

  init(reasons count: Int) {
    reasons = Array(repeating: 0, count: count)
  }

  mutating func add(_ other: Tally) {
    read += other.read
    tagged += other.tagged
    bytesRead += other.bytesRead
    bytesKept += other.bytesKept
    for index in verdicts.indices { verdicts[index] += other.verdicts[index] }
    for index in reasons.indices { reasons[index] += other.reasons[index] }
  }
}

/// A batch on its way through writing, with what judging and resolving said about it.
final class WriteItem {
  let batch: Batch
  let judged: JudgedBlock
  let firstRow: UInt64
  let resolutions: [Resolution]

  /// The decision records of its rows.
  let records = ByteBlock(capacity: 1 << 14)
  /// Their RFC 6962 leaf hashes.
  var leaves: [Digest256] = []
  /// What is copied to a plain part.
  var keptRanges: [Range<Int>] = []
  /// The frame for a compressed part.
  var frame: ByteBlock?
  /// The quarantine entries, JSON lines.
  var quarantine: [UInt8] = []
  var tally: Tally

  init(
    _ batch: Batch, _ judged: JudgedBlock, firstRow: UInt64, resolutions: [Resolution],
    reasons: Int
  ) {
    self.batch = batch
    self.judged = judged
    self.firstRow = firstRow
    self.resolutions = resolutions
    tally = Tally(reasons: reasons)
  }
}
