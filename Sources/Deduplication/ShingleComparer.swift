internal import Streams

/// What two sets of shingles share.
public struct ShingleOverlap: Sendable, Equatable {
  /// Shingles in both sets.
  public var shared: UInt32
  /// Shingles in either set.
  public var united: UInt32

  /// An overlap; `united` is above 0 and at least `shared`.
  public init(shared: UInt32, united: UInt32) {
    self.shared = shared
    self.united = united
  }

  /// The Jaccard similarity: the shared divided by the united.
  public var jaccard: Double { Double(shared) / Double(united) }
}

/// Compares documents by the exact Jaccard similarity of their sets of shingles; one per thread.
///
/// Exact over 64-bit identities of shingles (see ``ShingleHasher``). Sets of up to 2^18 shingles
/// are held whole, 9 MiB each; larger ones are worked through in parts by identity, so that no
/// document takes more than its words.
public final class ShingleComparer {
  /// Shingles of a part at most, apart from how evenly identities spread.
  private static let partSize = 1 << 18
  private static let chunk = 256

  private let hasher: ShingleHasher
  private let partSize: Int
  private let table = ShingleTable()
  private let others = ShingleTable()
  private let identities = UnsafeMutablePointer<UInt64>.allocate(capacity: ShingleComparer.chunk)
  private let strangers = UnsafeMutablePointer<UInt64>.allocate(capacity: ShingleComparer.chunk)
  private var first: [UInt32] = []
  /// Members of the first set.
  private var firstCount = 0
  /// Whether the table holds the first set whole.
  private var isHeld = false

  /// A comparer of sets of shingles of this many words.
  ///
  /// - Precondition: `shingle` is within ``NearDuplicateSettings/shingleRange``.
  public convenience init(shingle: Int) {
    self.init(shingle: shingle, partSize: ShingleComparer.partSize)
  }

  /// A comparer that works through sets in parts of this size.
  package init(shingle: Int, partSize: Int) {
    precondition(partSize > 0, "a part has shingles")
    hasher = ShingleHasher(length: shingle)
    self.partSize = partSize
  }

  deinit {
    identities.deallocate()
    strangers.deallocate()
  }

  /// Sets the document that others are compared with; its words are copied.
  public func setFirst(_ words: UnsafeBufferPointer<UInt32>) {
    first.removeAll(keepingCapacity: first.capacity <= 4 * max(words.count, 1 << 16))
    first.append(contentsOf: words)
    let parts = partCount(words.count)
    firstCount = 0
    for part in 0..<parts {
      fill(words, part: part, of: parts)
      firstCount += table.count
    }
    isHeld = parts == 1
  }

  /// The overlap with a document; nil where it is below `jaccard` or either has no word.
  public func overlap(with words: UnsafeBufferPointer<UInt32>, atLeast jaccard: Double)
    -> ShingleOverlap?
  {
    let count = hasher.count(words: words.count)
    guard firstCount > 0, count > 0 else { return nil }
    let limit = Limit(jaccard: jaccard, first: firstCount)
    if !limit.admits(shared: count, strangers: 0) { return nil }
    let parts = max(partCount(words.count), partCount(first.count))
    if parts == 1 && !isHeld {
      first.withUnsafeBufferPointer { fill($0, part: 0, of: 1) }
      isHeld = true
    }
    var shared = 0
    var strange = 0
    for part in 0..<parts {
      if parts > 1 {
        isHeld = false
        first.withUnsafeBufferPointer { fill($0, part: part, of: parts) }
      }
      let found = compare(words, part: part, of: parts, limit: parts == 1 ? limit : nil)
      guard let found else { return nil }
      shared += found.shared
      strange += found.strangers
    }
    guard limit.admits(shared: shared, strangers: strange) else { return nil }
    return ShingleOverlap(shared: UInt32(shared), united: UInt32(firstCount + strange))
  }

  /// What a pair needs. The quotient that is compared is rounded, and rounding keeps order: a bound
  /// on the similarity is below the threshold only where the similarity itself is.
  private struct Limit {
    let jaccard: Double
    let first: Int

    /// Whether at most so many shared shingles and at least so many others can be enough.
    func admits(shared: Int, strangers: Int) -> Bool {
      Double(min(shared, first)) / Double(first + strangers) >= jaccard
    }
  }

  private func partCount(_ words: Int) -> Int {
    max(1, (hasher.count(words: words) + partSize - 1) / partSize)
  }

  /// Puts a part of the first set in the table.
  private func fill(_ words: UnsafeBufferPointer<UInt32>, part: Int, of parts: Int) {
    let count = hasher.count(words: words.count)
    table.begin(expecting: min(count, partSize))
    for start in stride(from: 0, to: count, by: ShingleComparer.chunk) {
      let range = start..<min(start + ShingleComparer.chunk, count)
      table.insert(read(words, range, part: part, of: parts))
    }
  }

  /// The overlap in a part; nil as soon as the limit is out of reach.
  private func compare(
    _ words: UnsafeBufferPointer<UInt32>, part: Int, of parts: Int, limit: Limit?
  ) -> (shared: Int, strangers: Int)? {
    let count = hasher.count(words: words.count)
    table.beginMeeting()
    others.begin(expecting: 0)
    var shared = 0
    for start in stride(from: 0, to: count, by: ShingleComparer.chunk) {
      let range = start..<min(start + ShingleComparer.chunk, count)
      let found = table.meet(read(words, range, part: part, of: parts), strangers: strangers)
      shared += found.met
      if let limit {
        let reach = shared + count - range.upperBound
        if !limit.admits(shared: reach, strangers: others.count) { return nil }
      }
      others.insert(UnsafeBufferPointer(start: strangers, count: found.strangers))
    }
    return (shared, others.count)
  }

  /// The identities of a range of shingles that are in a part.
  private func read(
    _ words: UnsafeBufferPointer<UInt32>, _ range: Range<Int>, part: Int, of parts: Int
  ) -> UnsafeBufferPointer<UInt64> {
    hasher.identities(of: words, range, into: identities)
    guard parts > 1 else { return UnsafeBufferPointer(start: identities, count: range.count) }
    let identities = identities
    var kept = 0
    for index in 0..<range.count {
      let identity = identities[index]
      let spread = (SplitMix64.mix(identity) >> 32) &* UInt64(parts)
      identities[kept] = identity
      kept &+= Int(truncatingIfNeeded: spread >> 32) == part ? 1 : 0
    }
    return UnsafeBufferPointer(start: identities, count: kept)
  }
}
