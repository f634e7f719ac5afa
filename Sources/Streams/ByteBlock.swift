internal import Foundation

/// A growing block of bytes at a fixed place in memory, with readable slack behind its end.
///
/// A block has one owner at a time: whoever holds the batch. It is not copied on write, so that a
/// megabyte is never copied by accident.
public final class ByteBlock {
  /// Bytes behind `count` that may be read (and hold anything): parsers load whole registers.
  public static let slack = 64

  /// The first byte.
  public private(set) var base: UnsafeMutableRawPointer
  /// How many bytes are in use.
  public private(set) var count = 0
  /// How many bytes fit without growing.
  public private(set) var capacity: Int

  /// An empty block for `capacity` bytes.
  ///
  /// - Precondition: `capacity` is positive.
  public init(capacity: Int) {
    precondition(capacity > 0, "a block holds at least one byte")
    self.capacity = capacity
    base = UnsafeMutableRawPointer.allocate(
      byteCount: capacity + ByteBlock.slack, alignment: 64)
    memset(base + capacity, 0, ByteBlock.slack)
  }

  deinit {
    base.deallocate()
  }

  /// The bytes in use.
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base, count: count)
  }

  /// A part of the bytes in use.
  ///
  /// - Precondition: the range lies within the bytes in use.
  public func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a range outside the block")
    return UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  /// The room behind the bytes in use, at least `minimum` bytes; what is written there counts only
  /// after `didWrite`.
  public func room(atLeast minimum: Int) -> UnsafeMutableRawBufferPointer {
    if capacity - count < minimum { grow(to: max(count + minimum, capacity + capacity / 2)) }
    return UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count)
  }

  /// Takes `written` bytes of the room into use.
  ///
  /// - Precondition: they fit.
  public func didWrite(_ written: Int) {
    precondition(written >= 0 && written <= capacity - count, "more written than there was room")
    count += written
  }

  /// Copies bytes behind the end.
  public func append(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    let target = room(atLeast: bytes.count)
    memcpy(target.baseAddress.unsafelyUnwrapped, start, bytes.count)
    count += bytes.count
  }

  /// Forgets the bytes behind `newCount`.
  ///
  /// - Precondition: `newCount` is at most `count`.
  public func truncate(to newCount: Int) {
    precondition(newCount >= 0 && newCount <= count, "a block is truncated, not extended")
    count = newCount
  }

  private func grow(to newCapacity: Int) {
    let larger = UnsafeMutableRawPointer.allocate(
      byteCount: newCapacity + ByteBlock.slack, alignment: 64)
    memcpy(larger, base, count)
    memset(larger + newCapacity, 0, ByteBlock.slack)
    base.deallocate()
    base = larger
    capacity = newCapacity
  }
}
