internal import Foundation
public import Streams

/// Reads a shard as batches, in order, within a bounded memory.
public final class BatchReader {
  /// The shard.
  public let shard: Shard
  private let source: DecodedSource
  private let pool: BlockPool
  private var block: ByteBlock
  private var offset: Int64 = 0
  private var index = 0
  private var filePosition: Int64 = 0
  private var sourceEnded = false
  private var ended = false
  private var isInsideLongRecord = false

  /// Opens the shard; `hashing` is for those who ask for its digest afterwards.
  public init(_ shard: Shard, pool: BlockPool, hashing: Bool = true) throws(StreamsError) {
    self.shard = shard
    self.pool = pool
    source = try DecodedSource(try FileSource(path: shard.path), hashing: hashing)
    block = pool.take()
  }

  /// Reads the process's standard input as JSON lines.
  public init(standardInput pool: BlockPool) throws(StreamsError) {
    let file = try FileSource.standardInput()
    shard = Shard(path: file.path, name: "stdin", format: .jsonLines, size: 0, modified: 0)
    self.pool = pool
    source = try DecodedSource(file)
    block = pool.take()
  }

  /// Gives the memory of a batch back, when nothing of it is used any more.
  public func recycle(_ batch: Batch) {
    pool.give(batch.block)
  }

  /// The compression of the shard.
  public var compression: Compression { source.compression }
  /// How the stream is damaged, once the last batch was read.
  public var damage: StreamDamage? { source.damage }
  /// Decoded bytes that no damage behind them puts in doubt: where the stream is corrupt, those up
  /// to the last frame whose checksum was right; nil where nothing is in doubt.
  public var trustedBytes: Int64? { source.damage == .corrupt ? source.verifiedBytes : nil }
  /// Bytes of the file.
  public var fileSize: Int64 { source.file.size }

  /// The SHA-256 of the file after the last batch; nil for a plain file, whose batches are its
  /// bytes.
  public func fileDigest() throws(StreamsError) -> Digest256? { try source.fileDigest() }

  /// The next batch, nil behind the last. A shard without a byte has no batch.
  public func next() throws(StreamsError) -> Batch? {
    guard !ended else { return nil }
    let cut = try shard.format == .jsonLines ? cutLines() : cutWhole()
    ended = sourceEnded && cut.end == block.count
    // A damaged stream has a last batch even when it has no byte left: its rest is accounted for.
    if cut.end == 0 && source.damage == nil { return nil }
    let rest = pool.take()
    rest.append(block.bytes(cut.end..<block.count))
    block.truncate(to: cut.end)
    let batch = Batch(
      index: index, offset: offset, block: block, continuation: cut.continuation,
      isCutShort: cut.isShort, damage: ended ? source.damage : nil,
      fileBytes: source.file.position - filePosition)
    filePosition = source.file.position
    index += 1
    offset += Int64(cut.end)
    block = rest
    isInsideLongRecord = cut.isShort
    return batch
  }

  private struct Cut {
    var end: Int
    var continuation = 0
    var isShort = false
  }

  /// Has at least `count` bytes in the block, or all there are.
  private func fill(_ count: Int) throws(StreamsError) {
    while block.count < count && !sourceEnded {
      if try !source.read(into: block) { sourceEnded = true }
    }
  }

  private func cutLines() throws(StreamsError) -> Cut {
    try fill(Batch.targetSize)
    var cut = Cut(end: 0)
    if isInsideLongRecord {
      let scanned = min(block.count, Batch.targetSize)
      guard let end = lineEnd(from: 0, to: scanned) else {
        return Cut(
          end: scanned, continuation: scanned,
          isShort: !(sourceEnded && scanned == block.count))
      }
      cut.continuation = end
    }
    var searched = min(max(cut.continuation, Batch.targetSize - 1), block.count)
    let recordStart = lastLineEnd(from: cut.continuation, to: searched) ?? cut.continuation
    while true {
      if let end = lineEnd(from: searched, to: block.count) {
        if contentLength(from: recordStart, to: end - 1) > Batch.recordLimit { break }
        cut.end = end
        return cut
      }
      searched = block.count
      // The byte behind the limit may be the carriage return of the line's end.
      if block.count - recordStart > Batch.recordLimit + 1 { break }
      if sourceEnded {
        if contentLength(from: recordStart, to: block.count) > Batch.recordLimit { break }
        cut.end = block.count
        return cut
      }
      try fill(block.count + 1)
    }
    cut.end = recordStart + Batch.recordLimit
    cut.isShort = true
    return cut
  }

  /// A text shard is one record: it is cut only where it is too long.
  private func cutWhole() throws(StreamsError) -> Cut {
    if isInsideLongRecord {
      try fill(Batch.targetSize)
      let end = min(block.count, Batch.targetSize)
      return Cut(
        end: end, continuation: end, isShort: !(sourceEnded && end == block.count))
    }
    try fill(Batch.recordLimit + 1)
    guard block.count > Batch.recordLimit else { return Cut(end: block.count) }
    return Cut(end: Batch.recordLimit, isShort: true)
  }

  /// The bytes of a record between its beginning and its line feed, or the end of the stream.
  private func contentLength(from start: Int, to end: Int) -> Int {
    end > start && block.bytes[end - 1] == 0x0D ? end - 1 - start : end - start
  }

  /// The place behind the first line feed in a range.
  private func lineEnd(from start: Int, to end: Int) -> Int? {
    guard start < end, let found = memchr(block.base + start, 0x0A, end - start) else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(block.base) + 1
  }

  /// The place behind the last line feed in a range.
  private func lastLineEnd(from start: Int, to end: Int) -> Int? {
    var index = end
    while index > start {
      if block.bytes[index - 1] == 0x0A { return index }
      index -= 1
    }
    return nil
  }
}

/// Blocks that are used again, so that a run allocates a few and not one a batch.
public final class BlockPool: @unchecked Sendable {
  // Guarded by `lock`.
  private var blocks: [ByteBlock] = []
  private let lock = NSLock()
  private let limit: Int
  private let capacity: Int

  /// A pool that keeps at most `limit` blocks of about `capacity` bytes.
  public init(limit: Int, capacity: Int = Batch.targetSize + 2 * FileSource.readSize) {
    precondition(limit >= 0 && capacity > 0, "a pool keeps blocks of a size")
    self.limit = limit
    self.capacity = capacity
  }

  /// An empty block.
  public func take() -> ByteBlock {
    lock.withLock { blocks.popLast() } ?? ByteBlock(capacity: capacity)
  }

  /// Gives a block back; one that has grown far beyond the others is let go.
  public func give(_ block: ByteBlock) {
    guard block.capacity <= 4 * capacity else { return }
    block.truncate(to: 0)
    lock.withLock { if blocks.count < limit { blocks.append(block) } }
  }
}
