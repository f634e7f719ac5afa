internal import Foundation
public import Streams

/// The signatures of one batch of records, while they are collected; one per batch in flight.
///
/// It keeps its memory from batch to batch.
public final class SignatureBatch {
  private let bands: Int
  private var starts: [UInt32] = [0]
  /// Row by row: they come so.
  private let keys = ByteBlock(capacity: 64 << 10)
  private let words = ByteBlock(capacity: 64 << 10)

  /// An empty batch of signatures with `bands` keys each.
  ///
  /// - Precondition: `bands` is positive.
  public init(bands: Int) {
    precondition(bands > 0, "a signature has keys")
    self.bands = bands
  }

  /// Forgets what was appended.
  public func begin() {
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
    keys.truncate(to: 0)
    words.truncate(to: 0)
  }

  /// How many documents were appended, taking part or not.
  public var count: Int { starts.count - 1 }

  /// Bytes that the block of what was appended will have.
  public var byteCount: Int { block.byteCount }

  /// Appends a document that takes part: its word hashes in order, and its key for each band. One
  /// without words takes no part, whatever its keys.
  ///
  /// - Precondition: there are as many keys as bands, and fewer than 2^32 words in the batch.
  public func append(words: UnsafeBufferPointer<UInt32>, keys: UnsafeBufferPointer<UInt64>) {
    guard words.count > 0 else { return appendNone() }
    precondition(keys.count == bands, "a signature has a key for each band")
    self.keys.append(UnsafeRawBufferPointer(keys))
    self.words.append(UnsafeRawBufferPointer(words))
    // The conversion traps where the words of a batch are too many.
    starts.append(UInt32(self.words.count / 4))
  }

  /// Appends a document that takes no part: it was not read, or has no words.
  public func appendNone() {
    let room = keys.room(atLeast: bands * 8)
    memset(room.baseAddress.unsafelyUnwrapped, 0, bands * 8)
    keys.didWrite(bands * 8)
    starts.append(UInt32(words.count / 4))
  }

  private var block: SignatureBlock {
    SignatureBlock(
      offset: 0, rowCount: count, bandCount: bands, wordCount: words.count / 4)
  }

  /// Appends the sealed block of what was appended to `block`.
  ///
  /// - Parameters:
  ///   - batch: the number of the batch in its shard, from 0 and without gaps.
  ///   - shard: the number of the shard.
  ///   - seal: the seal of the run, whose key makes what a later process reads trustworthy.
  ///   - block: what the bytes are appended to.
  public func encode(batch: Int, shard: Int, seal: BatchSeal, into block: ByteBlock) {
    let layout = self.block
    let size = layout.byteCount
    let room = UnsafeMutableRawBufferPointer(rebasing: block.room(atLeast: size)[..<size])
    let base = room.baseAddress.unsafelyUnwrapped
    layout.writeHeader(to: room, batch: batch)
    // The last four bytes of the starts and of the words may be padding.
    base.storeBytes(of: 0, toByteOffset: Int(layout.key(ofRow: 0, band: 0)) - 4, as: UInt32.self)
    starts.withUnsafeBytes {
      (base + Int(layout.start(ofRow: 0))).copyMemory(
        from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
    }
    transpose(into: base + Int(layout.key(ofRow: 0, band: 0)))
    if words.count > 0 {
      base.storeBytes(of: 0, toByteOffset: size - 4, as: UInt32.self)
      memcpy(base + Int(layout.word(0)), words.base, words.count)
    }
    let tag = seal.tag(
      of: UnsafeRawBufferPointer(rebasing: room[BatchSeal.tagByteCount...]),
      shard: SignatureBlock.sealedShard(shard), batch: batch)
    room.copyBytes(from: tag)
    block.didWrite(size)
  }

  /// Rows become columns, a few rows at a time: they stay in the nearest cache meanwhile.
  private func transpose(into target: UnsafeMutableRawPointer) {
    let rowCount = count
    let source = keys.base.assumingMemoryBound(to: UInt64.self)
    let target = target.assumingMemoryBound(to: UInt64.self)
    for first in stride(from: 0, to: rowCount, by: 16) {
      let last = min(first + 16, rowCount)
      for band in 0..<bands {
        for row in first..<last { target[band * rowCount + row] = source[row * bands + band] }
      }
    }
  }
}
