internal import Streams

/// A record of fixed size that is sorted by two words, the higher first.
protocol SortRecord: BitwiseCopyable, Sendable {
  var high: UInt64 { get }
  var low: UInt64 { get }
}

extension SortRecord {
  /// Whether it stands before another.
  @inline(__always)
  func precedes(_ other: Self) -> Bool {
    high != other.high ? high < other.high : low < other.low
  }
}

/// A pair of documents, or a key and a document.
struct OrdinalPair: SortRecord, Equatable {
  var high: UInt64
  var low: UInt64
}

/// Sorts records by their two words: the most significant digit first, stable, out of place.
///
/// A digit is as wide as the number of records asks for and begins at the highest bit in which
/// any two of them differ, so skewed and equal keys cost a pass and no more.
enum RadixSort {
  private static let widestDigit = 11
  /// Sorting so many takes long enough that somebody may ask for a stop meanwhile.
  private static let many = 1 << 20
  private static let fewest = 32

  /// Sorts `count` records; `scratch` has room for as many.
  ///
  /// Gives up, with the records in any order, when a stop is asked for: the caller asks afterwards.
  @specialized(where Record == OrdinalPair)
  @specialized(where Record == DirectedEdge)
  static func sort<Record: SortRecord>(
    _ records: UnsafeMutablePointer<Record>, scratch: UnsafeMutablePointer<Record>, count: Int
  ) {
    if count <= fewest {
      insertionSort(records, count)
      return
    }
    if count > many && Interruption.isRequested { return }
    // In what bits do they differ, and are they in order already?
    var highBits: UInt64 = 0
    var lowBits: UInt64 = 0
    var isSorted = true
    for index in 1..<count {
      highBits |= records[index].high ^ records[0].high
      lowBits |= records[index].low ^ records[0].low
      if records[index].precedes(records[index - 1]) { isSorted = false }
    }
    if isSorted { return }
    let usesHigh = highBits != 0
    let top = 64 - (usesHigh ? highBits : lowBits).leadingZeroBitCount
    // About sixteen records a bin.
    let width = min(widestDigit, max(4, Int.bitWidth - count.leadingZeroBitCount - 5))
    let shift = UInt64(max(0, top - width))
    let mask: UInt64 = (1 << UInt64(min(width, top))) - 1
    withUnsafeTemporaryAllocation(of: Int.self, capacity: Int(mask) + 2) { ends in
      ends.initialize(repeating: 0)
      scatter(records, scratch, count, ends, shift, mask, usesHigh)
      records.update(from: scratch, count: count)
      var start = 0
      for bin in 0...Int(mask) {
        let end = ends[bin]
        if end - start > 1 { sort(records + start, scratch: scratch + start, count: end - start) }
        start = end
      }
    }
  }

  /// Copies the records to `scratch`, bin behind bin; `ends` holds where the bins end.
  @inline(__always)
  private static func scatter<Record: SortRecord>(
    _ records: UnsafeMutablePointer<Record>, _ scratch: UnsafeMutablePointer<Record>,
    _ count: Int, _ ends: UnsafeMutableBufferPointer<Int>, _ shift: UInt64, _ mask: UInt64,
    _ usesHigh: Bool
  ) {
    let place = ends.baseAddress.unsafelyUnwrapped
    for index in 0..<count {
      let word = usesHigh ? records[index].high : records[index].low
      place[Int(truncatingIfNeeded: word >> shift & mask) + 1] += 1
    }
    for bin in 1..<ends.count { place[bin] += place[bin - 1] }
    // `place[bin]` is where the bin begins, and after the loop where it ends.
    for index in 0..<count {
      let word = usesHigh ? records[index].high : records[index].low
      let bin = Int(truncatingIfNeeded: word >> shift & mask)
      scratch[place[bin]] = records[index]
      place[bin] += 1
    }
  }

  @inline(__always)
  private static func insertionSort<Record: SortRecord>(
    _ records: UnsafeMutablePointer<Record>, _ count: Int
  ) {
    guard count > 1 else { return }
    for index in 1..<count {
      let record = records[index]
      var place = index
      while place > 0 && record.precedes(records[place - 1]) {
        records[place] = records[place - 1]
        place -= 1
      }
      records[place] = record
    }
  }
}
