internal import CSHA256
internal import Foundation

extension Digest256 {
  /// The SHA-256 of each range of a block, two at a time.
  ///
  /// - Parameters:
  ///   - ranges: within the bytes in use, in any order.
  ///   - body: called once for each range, by its index, in no stated order.
  public static func forEach(
    of ranges: [Range<Int>], in block: ByteBlock, _ body: (Int, Digest256) -> Void
  ) {
    guard DigestChain.isFast else {
      for (index, range) in ranges.enumerated() {
        body(index, Digest256(hashing: block.bytes(range)))
      }
      return
    }
    var lanes = (HashingLane(), HashingLane())
    defer {
      lanes.0.free()
      lanes.1.free()
    }
    var next = 0
    while true {
      lanes.0.advance(ranges, &next, block, body)
      lanes.1.advance(ranges, &next, block, body)
      switch (lanes.0.isIdle, lanes.1.isIdle) {
      case (true, true): return
      case (false, true): lanes.0.compress(lanes.0.blocks)
      case (true, false): lanes.1.compress(lanes.1.blocks)
      case (false, false):
        let blocks = min(lanes.0.blocks, lanes.1.blocks)
        cordon_sha256_compress_two(
          lanes.0.state, lanes.0.bytes, lanes.1.state, lanes.1.bytes, blocks)
        lanes.0.take(blocks)
        lanes.1.take(blocks)
      }
    }
  }
}

/// One of two messages that are hashed side by side: first its whole blocks, then its padded tail.
private struct HashingLane {
  let state = UnsafeMutablePointer<UInt32>.allocate(capacity: 8)
  private let tail = UnsafeMutablePointer<UInt8>.allocate(capacity: 128)
  private(set) var bytes: UnsafePointer<UInt8>?
  private(set) var blocks = 0
  private var tailBlocks = 0
  private var index = -1

  /// Whether there is nothing left to hash.
  var isIdle: Bool { index < 0 }

  func free() {
    state.deallocate()
    tail.deallocate()
  }

  /// Goes on to the tail, or to the next message, when the blocks at hand are used up.
  mutating func advance(
    _ ranges: [Range<Int>], _ next: inout Int, _ block: ByteBlock, _ body: (Int, Digest256) -> Void
  ) {
    while blocks == 0 {
      if tailBlocks > 0 {
        bytes = UnsafePointer(tail)
        blocks = tailBlocks
        tailBlocks = 0
        return
      }
      if index >= 0 {
        body(index, Digest256(state: Array(UnsafeBufferPointer(start: state, count: 8))))
        index = -1
      }
      guard next < ranges.count else { return }
      begin(block.bytes(ranges[next]), next)
      next += 1
    }
  }

  private mutating func begin(_ message: UnsafeRawBufferPointer, _ number: Int) {
    index = number
    for word in 0..<8 { state[word] = DigestChain.initialState[word] }
    blocks = message.count / 64
    bytes = message.bytePointer
    let rest = message.count - blocks * 64
    tailBlocks = rest < 56 ? 1 : 2
    memset(tail, 0, 128)
    if rest > 0, let start = bytes { memcpy(tail, start + blocks * 64, rest) }
    tail[rest] = 0x80
    let bits = UInt64(message.count) &* 8
    for byte in 0..<8 {
      tail[tailBlocks * 64 - 1 - byte] = UInt8(truncatingIfNeeded: bits >> (8 * byte))
    }
  }

  mutating func take(_ count: Int) {
    bytes = bytes.map { $0 + count * 64 }
    blocks -= count
  }

  mutating func compress(_ count: Int) {
    cordon_sha256_compress(state, bytes, count)
    take(count)
  }
}
