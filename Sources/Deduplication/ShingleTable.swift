/// A set of shingle identities: open addressing with linear probing over eight bytes a slot.
///
/// At least four times as many slots as members, and no more than they need are touched: a small
/// set after a large one stays in the cache.
final class ShingleTable {
  private static let smallest = 64
  /// The mark of an empty slot. The identity 0 is taken for 1: as rare as any two that are equal.
  private static let empty: UInt64 = 0

  private var slots: UnsafeMutablePointer<UInt64>
  /// Whether the member in a slot was met.
  private var met: UnsafeMutablePointer<Bool>
  private var capacity = ShingleTable.smallest
  /// The slots in use are `1 << bits`.
  private var bits = ShingleTable.smallest.trailingZeroBitCount

  /// Members of the set.
  private(set) var count = 0

  init() {
    slots = .allocate(capacity: capacity)
    met = .allocate(capacity: capacity)
    begin(expecting: 0)
  }

  deinit {
    slots.deallocate()
    met.deallocate()
  }

  /// Empties the set and makes room for about `expected` members.
  func begin(expecting expected: Int) {
    let needed = ShingleTable.slotCount(for: expected)
    if needed > capacity {
      slots.deallocate()
      met.deallocate()
      capacity = needed
      slots = .allocate(capacity: needed)
      met = .allocate(capacity: needed)
    }
    bits = needed.trailingZeroBitCount
    slots.initialize(repeating: ShingleTable.empty, count: needed)
    count = 0
  }

  /// Inserts identities.
  func insert(_ identities: UnsafeBufferPointer<UInt64>) {
    if ShingleTable.slotCount(for: count + identities.count) > 1 << bits {
      grow(for: count + identities.count)
    }
    let (slots, bits) = (slots, bits)
    let mask = (1 << bits) &- 1
    var added = 0
    for identity in identities {
      let key = max(identity, 1)
      var slot = ShingleTable.place(key, bits)
      while slots[slot] != key && slots[slot] != ShingleTable.empty {
        slot = (slot &+ 1) & mask
      }
      added &+= slots[slot] == key ? 0 : 1
      slots[slot] = key
    }
    count += added
  }

  /// Begins to count members that are met; no member may be inserted before it is over.
  func beginMeeting() {
    met.initialize(repeating: false, count: 1 << bits)
  }

  /// Members among these identities that were not met yet; they are met now.
  ///
  /// Identities that are no members are written to `strangers`, their number is the second result.
  func meet(
    _ identities: UnsafeBufferPointer<UInt64>, strangers: UnsafeMutablePointer<UInt64>
  ) -> (met: Int, strangers: Int) {
    let (slots, met, bits) = (slots, met, bits)
    let mask = (1 << bits) &- 1
    var found = 0
    var strange = 0
    for identity in identities {
      let key = max(identity, 1)
      var slot = ShingleTable.place(key, bits)
      while slots[slot] != key && slots[slot] != ShingleTable.empty {
        slot = (slot &+ 1) & mask
      }
      if slots[slot] == key {
        found &+= met[slot] ? 0 : 1
        met[slot] = true
      } else {
        strangers[strange] = key
        strange &+= 1
      }
    }
    return (found, strange)
  }

  @inline(__always)
  private static func place(_ identity: UInt64, _ bits: Int) -> Int {
    let spread = (identity ^ identity >> 32) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: spread &>> UInt64(truncatingIfNeeded: 64 &- bits))
  }

  private static func slotCount(for members: Int) -> Int {
    var slots = smallest
    while slots < 4 * members { slots *= 2 }
    return slots
  }

  /// Moves the members to more slots.
  private func grow(for members: Int) {
    let old = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
    defer { old.deallocate() }
    var kept = 0
    for slot in 0..<1 << bits where slots[slot] != ShingleTable.empty {
      old[kept] = slots[slot]
      kept += 1
    }
    begin(expecting: members)
    insert(UnsafeBufferPointer(start: old, count: kept))
  }
}
