/// A stream of numbers that a seed and a name decide: the same on every machine and Swift version.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
/// The name keeps streams apart: what is drawn for one shard does not move what another holds.
/// The standard library's `shuffled(using:)` and `randomElement(using:)` are not used, since how
/// they draw may change with its version.
struct SplitMix64 {
  private var state: UInt64

  init(seed: UInt64, name: String) {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a over the name
    for byte in name.utf8 {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }
    state = SplitMix64.mix(seed &+ 0x9e37_79b9_7f4a_7c15) ^ hash
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// The next 64 bits.
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return SplitMix64.mix(state)
  }

  /// A number in `0..<limit`; its bias is below limit / 2^64.
  mutating func below(_ limit: Int) -> Int {
    precondition(limit > 0, "there is no number below \(limit)")
    return Int(next().multipliedFullWidth(by: UInt64(limit)).high)
  }

  /// A number in this range.
  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  /// Whether an event of this percentage happens.
  mutating func percent(_ share: Int) -> Bool {
    below(100) < share
  }

  /// One of these items.
  mutating func pick<Item>(_ items: [Item]) -> Item {
    items[below(items.count)]
  }
}
