internal import Streams

/// Draws for corpora. The standard library's `shuffled(using:)` and `randomElement(using:)` are not
/// used, since how they draw may change with its version.
extension SplitMix64 {
  /// The stream of a seed and a name, which keeps streams apart: what is drawn for one shard does
  /// not move what another holds.
  init(seed: UInt64, name: String) {
    self.init(
      seed: SplitMix64.mix(seed &+ 0x9E37_79B9_7F4A_7C15) ^ SplitMix64.hash(ofName: name))
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
