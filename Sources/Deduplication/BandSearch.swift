internal import Foundation
internal import Streams

/// A range of keys, both ends included: all keys are one.
struct KeyRange: Sendable, Equatable {
  let first: UInt64
  let last: UInt64

  /// One of `count` equal parts of all keys.
  static func part(_ index: Int, of count: Int) -> KeyRange {
    func start(_ index: Int) -> UInt64 {
      UInt64(count).dividingFullWidth((UInt64(index), 0)).quotient
    }
    return KeyRange(
      first: index == 0 ? 0 : start(index),
      last: index + 1 == count ? .max : start(index + 1) - 1)
  }
}

/// Finds the documents that share a key of a band, in one range of keys at a time; one per thread.
///
/// The keys of a range are gathered from the band's column, sorted, and equal ones are paired. A
/// range that does not fit is split by what it holds; a single key that does not fit is gone
/// through as it stands in the files, so that one bucket of everything costs linear time and no
/// memory.
final class BandSearcher {
  private let reader: SignatureReader
  private let active: DocumentSet
  private let hazardous: DocumentSet
  private let pairs: ExternalSort<OrdinalPair>.Writer
  private let capacity: Int
  private let entries: UnsafeMutablePointer<OrdinalPair>
  private let scratch: UnsafeMutablePointer<OrdinalPair>
  private let slice = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: BandSearcher.sliceRows)
  private var bucket = LargeBucket()
  private(set) var counts = BucketCounts()

  /// Keys of one read.
  static let sliceRows = 16 << 10
  /// Sub-ranges that a range is split into.
  private static let splitBits = 12

  /// A searcher.
  ///
  /// - Parameters:
  ///   - capacity: documents that one range may hold, at least 64: what is above is a large bucket.
  ///   - pairs: where pairs go, the smaller ordinal first.
  init(
    reader: SignatureReader, active: DocumentSet, hazardous: DocumentSet, capacity: Int,
    pairs: ExternalSort<OrdinalPair>.Writer
  ) {
    precondition(capacity >= LargeBucket.threshold - 1, "a small bucket is sorted in memory")
    self.reader = reader
    self.active = active
    self.hazardous = hazardous
    self.capacity = capacity
    self.pairs = pairs
    entries = .allocate(capacity: capacity + BandSearcher.sliceRows)
    scratch = .allocate(capacity: capacity)
  }

  deinit {
    entries.deallocate()
    scratch.deallocate()
    slice.deallocate()
  }

  /// Bytes that one document of the capacity takes.
  static let byteCount = 2 * MemoryLayout<OrdinalPair>.stride

  /// Pairs the documents whose key of `band` lies in `range`.
  func search(band: Int, range: KeyRange) throws {
    guard let count = try gather(band, range) else { return try split(band, range) }
    RadixSort.sort(entries, scratch: scratch, count: count)
    if Interruption.isRequested { throw InterruptedError() }
    var start = 0
    while start < count {
      var end = start + 1
      while end < count && entries[end].high == entries[start].high { end += 1 }
      if end - start > 1 { try pairBucket(start, end) }
      start = end
    }
  }

  /// Calls `body` with the keys of a band, a slice of a block at a time, in ordinal order.
  @inline(__always)
  private func forEachSlice(
    _ band: Int, _ body: (UInt64, UnsafePointer<UInt64>, Int) throws -> Bool
  ) throws {
    for index in reader.table.blocks.indices {
      if index & 15 == 0 && Interruption.isRequested { throw InterruptedError() }
      let block = reader.table.blocks[index]
      for row in stride(from: 0, to: block.layout.rowCount, by: BandSearcher.sliceRows) {
        let count = min(BandSearcher.sliceRows, block.layout.rowCount - row)
        try reader.read(
          UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: slice[..<count])),
          file: block.file, offset: block.layout.key(ofRow: row, band: band))
        let keys = UnsafePointer(slice.baseAddress.unsafelyUnwrapped)
        if try !body(block.firstOrdinal + UInt64(row), keys, count) { return }
      }
    }
  }

  /// Gathers the keys of a range with their documents.
  ///
  /// - Returns: how many there are; nil where they do not fit.
  private func gather(_ band: Int, _ range: KeyRange) throws -> Int? {
    var count = 0
    let span = range.last - range.first
    try active.words.withUnsafeBufferPointer { bits in
      try forEachSlice(band) { ordinal, keys, rows in
        var filled = count
        for row in 0..<rows {
          // Without a branch: whether a key belongs here is a coin's toss.
          let key = keys[row]
          let place = ordinal &+ UInt64(row)
          let isActive = bits[Int(truncatingIfNeeded: place >> 6)] >> (place & 63) & 1
          let isInside: UInt64 = key &- range.first <= span ? 1 : 0
          entries[filled] = OrdinalPair(high: key, low: place)
          filled &+= Int(truncatingIfNeeded: isActive & isInside)
        }
        count = filled
        return count <= capacity
      }
    }
    return count <= capacity ? count : nil
  }

  /// Searches parts of a range that does not fit, by how many documents they hold.
  private func split(_ band: Int, _ range: KeyRange) throws {
    let bits = 64 - (range.last - range.first).leadingZeroBitCount
    guard bits > 0 else { return try stream(band, range.first) }
    let shift = UInt64(max(0, bits - BandSearcher.splitBits))
    let last = Int((range.last - range.first) >> shift)
    var sizes = Array(repeating: 0, count: last + 1)
    try forEachActive(band) { key, _ in
      if key >= range.first && key <= range.last { sizes[Int((key - range.first) >> shift)] += 1 }
    }
    func subrange(_ bins: ClosedRange<Int>) -> KeyRange {
      let end = (UInt64(bins.upperBound) << shift) | ((1 << shift) - 1)
      return KeyRange(
        first: range.first + UInt64(bins.lowerBound) << shift,
        last: bins.upperBound == last ? range.last : range.first + end)
    }
    var first = 0
    var held = 0
    for bin in 0...last {
      if held > 0 && held + sizes[bin] > capacity {
        try search(band: band, range: subrange(first...bin - 1))
        held = 0
      }
      if held == 0 { first = bin }
      if sizes[bin] > capacity {
        try split(band, subrange(bin...bin))
      } else {
        held += sizes[bin]
      }
    }
    if held > 0 { try search(band: band, range: subrange(first...last)) }
  }

  private func forEachActive(_ band: Int, _ body: (UInt64, UInt64) throws -> Void) throws {
    try active.words.withUnsafeBufferPointer { bits in
      try forEachSlice(band) { ordinal, keys, rows in
        for row in 0..<rows {
          let place = ordinal + UInt64(row)
          if bits[Int(place >> 6)] >> (place & 63) & 1 != 0 { try body(keys[row], place) }
        }
        return true
      }
    }
  }

  /// Pairs the documents of one key, too many to be gathered.
  private func stream(_ band: Int, _ key: UInt64) throws {
    bucket.reset()
    try forEachActive(band) { other, ordinal in
      if other == key { bucket.note(ordinal, isHazardous: hazardous.contains(ordinal)) }
    }
    try forEachActive(band) { other, ordinal in
      if other == key { try bucket.pair(ordinal, into: pairs) }
    }
    counts.note(count: bucket.count, pairs: bucket.pairCount)
  }

  /// Pairs the gathered documents from `start` to `end`, which have the same key.
  private func pairBucket(_ start: Int, _ end: Int) throws {
    if end - start < LargeBucket.threshold {
      for second in start + 1..<end {
        for first in start..<second {
          try pairs.add(OrdinalPair(high: entries[first].low, low: entries[second].low))
        }
      }
      return
    }
    bucket.reset()
    for index in start..<end {
      let ordinal = entries[index].low
      bucket.note(ordinal, isHazardous: hazardous.contains(ordinal))
    }
    for index in start..<end { try bucket.pair(entries[index].low, into: pairs) }
    counts.note(count: bucket.count, pairs: bucket.pairCount)
  }
}
