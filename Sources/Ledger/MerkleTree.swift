public import Streams

/// The Merkle tree hash of RFC 6962 section 2.1 with SHA-256, leaves appended in order.
///
/// - empty: SHA-256 of nothing;
/// - leaf d: SHA-256(0x00 ‖ d);
/// - more than one: SHA-256(0x01 ‖ left ‖ right), split at the largest power of two below n.
///
/// Memory is one hash per bit of ``count``: the roots of the perfect subtrees from left to right,
/// largest first, whose sizes are the bits of the count.
public struct MerkleTree: Sendable {
  private var subtrees: [Digest256] = []
  /// The leaves so far.
  public private(set) var count = 0

  /// A tree without leaves.
  public init() {
    subtrees.reserveCapacity(40)
  }

  /// Appends a leaf with these bytes.
  public mutating func append(leaf: UnsafeRawBufferPointer) {
    append(leafHash: MerkleTree.hash(leaf: leaf))
  }

  /// Appends a leaf whose hash is known.
  public mutating func append(leafHash: Digest256) {
    var hash = leafHash
    var size = count
    while size & 1 == 1 {
      hash = MerkleTree.hash(subtrees.removeLast(), hash)
      size >>= 1
    }
    subtrees.append(hash)
    count += 1
  }

  /// The root over all leaves so far; more may follow.
  public var root: Digest256 {
    guard var hash = subtrees.last else { return Digest256(hashing: []) }
    for left in subtrees.dropLast().reversed() {
      hash = MerkleTree.hash(left, hash)
    }
    return hash
  }

  /// The hash of a leaf with these bytes: SHA-256(0x00 ‖ leaf).
  public static func hash(leaf: UnsafeRawBufferPointer) -> Digest256 {
    // One update instead of two: the records are short and many.
    guard leaf.count <= 256 else {
      var stream = DigestStream()
      withUnsafeBytes(of: UInt8(0)) { stream.update($0) }
      stream.update(leaf)
      return stream.digest()
    }
    return withUnsafeTemporaryAllocation(byteCount: leaf.count + 1, alignment: 8) { buffer in
      buffer[0] = 0
      UnsafeMutableRawBufferPointer(rebasing: buffer[1...]).copyMemory(from: leaf)
      return Digest256(hashing: UnsafeRawBufferPointer(buffer))
    }
  }

  /// The hash of a node: SHA-256(0x01 ‖ left ‖ right).
  public static func hash(_ left: Digest256, _ right: Digest256) -> Digest256 {
    withUnsafeTemporaryAllocation(byteCount: 65, alignment: 8) { buffer in
      buffer[0] = 1
      left.copy(to: UnsafeMutableRawBufferPointer(rebasing: buffer[1..<33]))
      right.copy(to: UnsafeMutableRawBufferPointer(rebasing: buffer[33..<65]))
      return Digest256(hashing: UnsafeRawBufferPointer(buffer))
    }
  }
}
