public import Streams

extension MerkleTree {
  /// The hashes that lead from leaf `index` to the root over all `leafHashes` (RFC 6962 section
  /// 2.1.1), nearest first. O(n): it hashes the whole tree.
  ///
  /// - Precondition: `index` is a leaf.
  public static func inclusionPath(of index: Int, in leafHashes: [Digest256]) -> [Digest256] {
    precondition(leafHashes.indices.contains(index), "leaf \(index) of \(leafHashes.count)")
    var path: [Digest256] = []
    var range = leafHashes[...]
    while range.count > 1 {
      let middle = range.startIndex + split(range.count)
      if index < middle {
        path.append(root(of: range[middle...]))
        range = range[..<middle]
      } else {
        path.append(root(of: range[..<middle]))
        range = range[middle...]
      }
    }
    return path.reversed()
  }

  /// The hashes that show the tree over the first `size` leaves to be the beginning of the tree
  /// over all (RFC 6962 section 2.1.2). Empty where both are the same. O(n).
  ///
  /// - Precondition: `size` is at least 1 and at most the number of leaves.
  public static func consistencyProof(from size: Int, in leafHashes: [Digest256]) -> [Digest256] {
    precondition((1...max(1, leafHashes.count)).contains(size), "\(size) of \(leafHashes.count)")
    var proof: [Digest256] = []
    var range = leafHashes[...]
    // Whether the verifier holds the old root of `range`: true along the left edge.
    var isKnown = true
    while range.startIndex + range.count != size {
      let middle = range.startIndex + split(range.count)
      if size <= middle {
        proof.append(root(of: range[middle...]))
        range = range[..<middle]
      } else {
        proof.append(root(of: range[..<middle]))
        range = range[middle...]
        isKnown = false
      }
    }
    if !isKnown { proof.append(root(of: range)) }
    return proof.reversed()
  }

  /// Whether `path` shows the leaf at `index` to be in the tree of `size` leaves with this root
  /// (RFC 9162 section 2.1.3.2). False for anything that does not fit; never traps.
  public static func verifyInclusion(
    of leafHash: Digest256, at index: UInt64, size: UInt64, path: [Digest256], root: Digest256
  ) -> Bool {
    guard index < size else { return false }
    var node = index
    var last = size - 1
    var hash = leafHash
    for sibling in path {
      guard last != 0 else { return false }
      if node & 1 == 1 || node == last {
        hash = self.hash(sibling, hash)
        // The last node of an odd level moves up alone.
        while node & 1 == 0 && node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        hash = self.hash(hash, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && hash == root
  }

  /// Whether `proof` shows the tree of `oldSize` leaves to be the beginning of the tree of
  /// `newSize` leaves (RFC 9162 section 2.1.4.2). False for anything that does not fit, also for
  /// an old tree without leaves, which proves nothing; never traps.
  public static func verifyConsistency(
    oldSize: UInt64, oldRoot: Digest256, newSize: UInt64, newRoot: Digest256, proof: [Digest256]
  ) -> Bool {
    guard oldSize > 0, oldSize <= newSize else { return false }
    if oldSize == newSize { return proof.isEmpty && oldRoot == newRoot }
    // A perfect old tree is itself a subtree of the new one; its root need not be sent.
    var hashes = proof[...]
    var old = oldRoot
    if oldSize & (oldSize - 1) != 0 {
      guard let first = hashes.popFirst() else { return false }
      old = first
    }
    var new = old
    var node = oldSize - 1
    var last = newSize - 1
    while node & 1 == 1 {
      node >>= 1
      last >>= 1
    }
    for sibling in hashes {
      guard last != 0 else { return false }
      if node & 1 == 1 || node == last {
        old = hash(sibling, old)
        new = hash(sibling, new)
        while node & 1 == 0 && node != 0 {
          node >>= 1
          last >>= 1
        }
      } else {
        new = hash(new, sibling)
      }
      node >>= 1
      last >>= 1
    }
    return last == 0 && old == oldRoot && new == newRoot
  }

  /// The root over these leaf hashes.
  static func root(of leafHashes: ArraySlice<Digest256>) -> Digest256 {
    var tree = MerkleTree()
    for hash in leafHashes { tree.append(leafHash: hash) }
    return tree.root
  }

  /// The largest power of two below `count`.
  private static func split(_ count: Int) -> Int {
    1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
  }
}
