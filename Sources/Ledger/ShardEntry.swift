internal import Streams

/// A committed shard as bytes: the leaf of the run's tree and the `shard-commit` entry of the log.
///
/// `CSE1`, then, numbers big-endian and strings as UTF-8 behind their u16 length: run id · u32
/// index of the shard · path · format · compression · damage (length 65535: none) · input, part
/// and decision file, each 32 bytes of SHA-256 and u64 length (zeros: no part) · 32 bytes of the
/// RFC 6962 root over the decision records · u64 read, kept, dropped, duplicate, quarantined,
/// edited, bytes read, bytes kept, repeated ids · 32 bytes of SHA-256 over the shard's rows.
///
/// The rows' bytes are: u64 number of reasons that occur, each u16 1-based index and u64 count;
/// u64 number of exceptions, each as its 64-byte record; u64 number of duplicates, each u64 row,
/// u32 survivor's shard, u64 survivor's row; u64 number of matches, each u64 row, u64 start, u32
/// length, u32 rule. Then, where there are any, u64 number of similarities, each u64 row, u32
/// cluster's shard, u64 cluster's row, u32 neighbour's shard, u64 neighbour's row, u32 shared, u32
/// united shingles. All in ascending order.
struct ShardEntry {
  /// The entry.
  private(set) var bytes: [UInt8] = []

  /// The entry of the shard at `index` of the run.
  init(run: String, index: Int, path: String, totals: ShardTotals) {
    bytes.reserveCapacity(512)
    bytes.append(contentsOf: "CSE1".utf8)
    append(run)
    append(UInt32(index))
    append(path)
    append(totals.format)
    append(totals.compression)
    if let damage = totals.damage { append(damage) } else { append(UInt16.max) }
    append(totals.input)
    append(totals.output ?? Artefact(sha256: .zero, bytes: 0))
    append(totals.records)
    bytes.append(contentsOf: totals.root.bytes)
    for count in [
      totals.read, totals.kept, totals.dropped, totals.duplicate, totals.quarantined,
      totals.edited, totals.bytesRead, totals.bytesKept, totals.repeatedIDs,
    ] {
      append(count)
    }
    bytes.append(contentsOf: totals.details.bytes)
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
  }

  private mutating func append(_ string: String) {
    let utf8 = Array(string.utf8)
    precondition(utf8.count < UInt16.max, "a name in the ledger has fewer than 65535 bytes")
    append(UInt16(utf8.count))
    bytes.append(contentsOf: utf8)
  }

  private mutating func append(_ artefact: Artefact) {
    bytes.append(contentsOf: artefact.sha256.bytes)
    append(artefact.bytes)
  }
}

/// SHA-256 over a shard's rows, taken one by one in ascending order.
struct ShardDetails {
  private var stream = DigestStream()
  private var buffer: [UInt8] = []

  /// The digest of all rows taken.
  var digest: Digest256 {
    var all = stream
    buffer.withUnsafeBytes { all.update($0) }
    return all.digest()
  }

  /// Begins the next kind of rows: this many follow.
  mutating func section(_ count: Int) {
    append(UInt64(count))
  }

  /// Takes the count of a reason.
  mutating func add(reason: Int, count: Int64) {
    append(UInt16(reason))
    append(count)
  }

  /// Takes an exception.
  mutating func add(_ record: DecisionRecord) {
    withUnsafeTemporaryAllocation(byteCount: DecisionRecord.byteCount, alignment: 8) { bytes in
      record.write(to: bytes)
      buffer.append(contentsOf: bytes)
    }
    flush()
  }

  /// Takes a duplicate.
  mutating func add(_ row: DuplicateRow) {
    append(row.row)
    append(UInt32(row.survivorShard))
    append(row.survivorRow)
    flush()
  }

  /// Takes a match.
  mutating func add(_ row: MatchRow) {
    append(row.row)
    append(row.start)
    append(row.length)
    append(row.rule)
    flush()
  }

  /// Takes a similarity.
  mutating func add(_ row: SimilarityRow) {
    append(row.row)
    append(UInt32(row.clusterShard))
    append(row.clusterRow)
    append(UInt32(row.neighbourShard))
    append(row.neighbourRow)
    append(row.shared)
    append(row.united)
    flush()
  }

  private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.bigEndian) { buffer.append(contentsOf: $0) }
  }

  private mutating func flush() {
    guard buffer.count >= 1 << 16 else { return }
    buffer.withUnsafeBytes { stream.update($0) }
    buffer.removeAll(keepingCapacity: true)
  }
}
