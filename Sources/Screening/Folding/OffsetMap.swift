/// Where the bytes of a folded text come from: a point at every change of the distance.
///
/// A run begins at each point. A linear run has as many bytes folded as original, one for one; an
/// atomic run (a ligature, a composed segment, a run of white space) is only known as a whole.
struct OffsetMap {
  struct Point {
    /// The run's first byte in the folded text.
    var folded: UInt32
    /// Its first byte in the original, doubled, plus one for an atomic run.
    var code: UInt32

    var original: Int { Int(code >> 1) }
    var isAtomic: Bool { code & 1 == 1 }
  }

  /// The largest text, in bytes, whose offsets fit.
  static let textLimit = Int(Int32.max) - 1

  private(set) var points: UnsafeMutablePointer<Point>
  private(set) var count = 0
  private var capacity: Int

  init() {
    capacity = 256
    points = .allocate(capacity: capacity)
  }

  func free() { points.deallocate() }

  /// Starts anew with a linear run at the beginning.
  mutating func reset() {
    count = 0
    append(folded: 0, original: 0, atomic: false)
  }

  @inline(__always)
  mutating func append(folded: Int, original: Int, atomic: Bool) {
    if count == capacity { grow() }
    points[count] = Point(
      folded: UInt32(truncatingIfNeeded: folded),
      code: UInt32(truncatingIfNeeded: original) << 1 | (atomic ? 1 : 0))
    count += 1
  }

  /// An atomic run: `folded` bytes from `original` bytes.
  @inline(__always)
  mutating func appendRun(folded: Range<Int>, original: Range<Int>) {
    if !folded.isEmpty {
      append(folded: folded.lowerBound, original: original.lowerBound, atomic: true)
    }
    append(folded: folded.upperBound, original: original.upperBound, atomic: false)
  }

  /// Forgets every point at or after this byte of the original; says whether there was one.
  mutating func removePoints(fromOriginal offset: Int) -> Bool {
    let before = count
    while count > 0, points[count - 1].original >= offset { count -= 1 }
    return count < before
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Point>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: points, count: count)
    points.deallocate()
    points = larger
    capacity *= 2
  }

  /// The index of the run that holds this byte of the folded text.
  private func run(holding offset: Int) -> Int {
    var low = 0
    var high = count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(points[middle].folded) <= offset { low = middle } else { high = middle }
    }
    return low
  }

  /// The bytes of the original that became this range of the folded text, whole atomic runs.
  ///
  /// - Precondition: the range is not empty.
  func original(of range: Range<Int>) -> Range<Int> {
    precondition(!range.isEmpty, "an empty range has no original")
    let first = points[run(holding: range.lowerBound)]
    let start = first.original + (first.isAtomic ? 0 : range.lowerBound - Int(first.folded))
    let last = run(holding: range.upperBound - 1)
    let end =
      points[last].isAtomic
      ? points[last + 1].original
      : points[last].original + range.upperBound - Int(points[last].folded)
    return start..<end
  }
}
