/// Merges the pairs of one word (Sennrich, Haddow, Birch 2016), the pair of the smallest rank first
/// and the leftmost of equals.
///
/// A short word is searched from end to end for each merge, which is fastest on arrays this small.
/// A long one (a word may be a megabyte of one letter) has a heap of its pairs: n log n.
struct WordMerger: ~Copyable {
  /// The longest word, in symbols, that is searched from end to end.
  static let shortLimit = 48

  private let table: MergeTable
  /// The symbols of the word; the tokens after ``merge(count:)``.
  private(set) var ids: UnsafeMutablePointer<Int32>
  private var capacity: Int
  /// What becomes of each symbol with its right neighbour.
  private var merges: UnsafeMutablePointer<MergeTable.Merge>

  init(table: MergeTable) {
    self.table = table
    capacity = 256
    ids = .allocate(capacity: capacity)
    merges = .allocate(capacity: capacity)
  }

  deinit {
    ids.deallocate()
    merges.deallocate()
  }

  /// Makes room for a word of `count` symbols, which the caller then writes to ``ids``.
  ///
  /// The room of an unusually long word is given back at the next short one.
  @inline(__always)
  mutating func reserve(_ count: Int) {
    if count > capacity || capacity > 1 << 16 && count <= 1 << 12 { resize(max(256, count)) }
  }

  private mutating func resize(_ count: Int) {
    ids.deallocate()
    merges.deallocate()
    capacity = count
    ids = .allocate(capacity: capacity)
    merges = .allocate(capacity: capacity)
  }

  /// Merges the first `count` of ``ids`` in place.
  ///
  /// - Returns: how many tokens are left.
  @inline(__always)
  mutating func merge(count: Int) -> Int {
    precondition(count <= capacity, "reserve(_:) comes first")
    if count < 2 { return count }
    return count <= WordMerger.shortLimit ? mergeShort(count) : mergeLong(count)
  }

  private mutating func mergeShort(_ start: Int) -> Int {
    var count = start
    for index in 0..<(count - 1) { merges[index] = table.merge(ids[index], ids[index + 1]) }
    while count > 1 {
      var best = 0
      var rank = merges[0].rank
      for index in 1..<max(1, count - 1) where merges[index].rank < rank {
        rank = merges[index].rank
        best = index
      }
      if rank == .max { break }
      ids[best] = merges[best].id
      count -= 1
      for index in (best + 1)..<max(best + 1, count) {
        ids[index] = ids[index + 1]
        merges[index - 1] = merges[index]
      }
      // What moved left by one is right again from `best + 1` on.
      if best + 1 < count { merges[best] = table.merge(ids[best], ids[best + 1]) }
      if best > 0 { merges[best - 1] = table.merge(ids[best - 1], ids[best]) }
    }
    return count
  }

  private mutating func mergeLong(_ count: Int) -> Int {
    // -1 ends the list on either side; a symbol that was merged away has `next` -2.
    var next = [Int32](repeating: 0, count: count)
    var previous = [Int32](repeating: 0, count: count)
    var heap = PairHeap(capacity: count)
    for index in 0..<count {
      next[index] = index + 1 < count ? Int32(index + 1) : -1
      previous[index] = Int32(index - 1)
      merges[index] = index + 1 < count ? table.merge(ids[index], ids[index + 1]) : .none
      if merges[index].rank != .max { heap.append(rank: merges[index].rank, place: index) }
    }
    heap.order()
    while let (rank, place) = heap.pop() {
      // A pair that has changed since has another rank here.
      guard next[place] >= 0, merges[place].rank == rank else { continue }
      let right = Int(next[place])
      ids[place] = merges[place].id
      next[place] = next[right]
      next[right] = -2
      let behind = Int(next[place])
      if behind >= 0 {
        previous[behind] = Int32(place)
        merges[place] = table.merge(ids[place], ids[behind])
        if merges[place].rank != .max { heap.push(rank: merges[place].rank, place: place) }
      }
      let before = Int(previous[place])
      if before >= 0 {
        merges[before] = table.merge(ids[before], ids[place])
        if merges[before].rank != .max { heap.push(rank: merges[before].rank, place: before) }
      }
    }
    var kept = 0
    var place = 0
    while place >= 0 {
      ids[kept] = ids[place]
      kept += 1
      place = Int(next[place])
    }
    return kept
  }
}

/// A binary heap of ranks with places, the smallest rank first and the leftmost of equals.
struct PairHeap {
  private var keys: [UInt64] = []

  init(capacity: Int) {
    keys.reserveCapacity(capacity)
  }

  /// Adds at the end; ``order()`` must follow.
  mutating func append(rank: UInt32, place: Int) {
    keys.append(UInt64(rank) << 32 | UInt64(place))
  }

  /// Makes a heap of what was appended.
  mutating func order() {
    keys.withUnsafeMutableBufferPointer { keys in
      for index in stride(from: keys.count / 2 - 1, through: 0, by: -1) {
        PairHeap.sink(keys, index)
      }
    }
  }

  /// Adds in its place.
  mutating func push(rank: UInt32, place: Int) {
    keys.append(UInt64(rank) << 32 | UInt64(place))
    keys.withUnsafeMutableBufferPointer { keys in
      var index = keys.count - 1
      let key = keys[index]
      while index > 0, keys[(index - 1) / 2] > key {
        keys[index] = keys[(index - 1) / 2]
        index = (index - 1) / 2
      }
      keys[index] = key
    }
  }

  /// Removes the smallest.
  mutating func pop() -> (rank: UInt32, place: Int)? {
    guard let least = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      keys.withUnsafeMutableBufferPointer { PairHeap.sink($0, 0) }
    }
    return (UInt32(truncatingIfNeeded: least >> 32), Int(least & 0xFFFF_FFFF))
  }

  private static func sink(_ keys: UnsafeMutableBufferPointer<UInt64>, _ start: Int) {
    var index = start
    let key = keys[index]
    while true {
      var child = index * 2 + 1
      if child >= keys.count { break }
      if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
      if keys[child] >= key { break }
      keys[index] = keys[child]
      index = child
    }
    keys[index] = key
  }
}
