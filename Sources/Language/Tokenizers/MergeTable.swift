/// Which pairs of tokens merge, how early, and into what.
///
/// A hash table of 16 bytes a slot, at most half full, keyed by both ids packed in 64 bits.
final class MergeTable: @unchecked Sendable {
  // Unchecked: nothing changes after `init`.

  /// What becomes of a pair.
  struct Merge {
    /// The place in the list of merges; the smallest merges first.
    var rank: UInt32
    /// The token that the pair becomes.
    var id: Int32

    /// Two tokens that do not merge.
    static let none = Merge(rank: .max, id: -1)
  }

  private struct Slot {
    var pair: UInt64
    var merge: Merge
  }

  private let slots: UnsafeMutablePointer<Slot>
  private let shift: UInt64

  /// A table of merges in the order of their ranks.
  ///
  /// - Precondition: no pair stands twice.
  init(_ merges: [(left: Int32, right: Int32, result: Int32)]) {
    var bits: UInt64 = 4
    while 1 << bits < merges.count * 2 { bits += 1 }
    shift = 64 - bits
    slots = .allocate(capacity: 1 << bits)
    slots.initialize(repeating: Slot(pair: .max, merge: .none), count: 1 << bits)
    let mask = 1 << bits - 1
    for (rank, merge) in merges.enumerated() {
      let pair = MergeTable.pack(merge.left, merge.right)
      var slot = start(pair)
      while slots[slot].pair != .max {
        precondition(slots[slot].pair != pair, "a pair merges once")
        slot = (slot + 1) & mask
      }
      slots[slot] = Slot(pair: pair, merge: Merge(rank: UInt32(rank), id: merge.result))
    }
  }

  deinit {
    slots.deallocate()
  }

  /// Both ids in one number.
  @inline(__always)
  static func pack(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  @inline(__always)
  private func start(_ pair: UInt64) -> Int {
    Int(truncatingIfNeeded: ((pair ^ pair >> 29) &* 0x9E37_79B9_7F4A_7C15) &>> shift)
  }

  /// What becomes of a pair, or ``Merge/none``.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge {
    let pair = MergeTable.pack(left, right)
    let mask = Int(truncatingIfNeeded: UInt64.max &>> shift)
    var slot = start(pair)
    while true {
      let found = slots[slot]
      if found.pair == pair { return found.merge }
      if found.pair == .max { return .none }
      slot = (slot + 1) & mask
    }
  }
}
