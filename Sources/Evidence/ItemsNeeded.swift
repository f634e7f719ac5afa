/// How many items would do, by search.
enum ItemsNeeded {
  /// More items than anybody has.
  static let limit = 1_000_000_000

  /// The fewest items that are enough, where more of them are, but for the teeth that whole numbers
  /// make; nil where even ``limit`` are too few.
  static func fewest(_ isEnough: (Int) -> Bool) -> Int? {
    var high = 1
    while !isEnough(high) {
      guard high < limit else { return nil }
      high *= 2
    }
    var low = high / 2
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if isEnough(middle) { high = middle } else { low = middle }
    }
    return high
  }
}
