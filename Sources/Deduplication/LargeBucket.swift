/// A bucket with too many documents to compare each with each: the pairs that are compared, at
/// linear cost.
///
/// Each document is compared with the bucket's first 8 documents, with its first 32 hazardous ones
/// and with the 8 that follow it, in ordinal order: at most 48 pairs a document. The documents are
/// gone through twice, first noted, then paired, so that they need not be in memory.
struct LargeBucket {
  /// From this number of documents on a bucket is compared in part.
  static let threshold = 65

  private static let firstLimit = 8
  private static let hazardousLimit = 32
  private static let nearLimit = 8

  /// Documents that were noted.
  private(set) var count: UInt64 = 0
  /// Pairs that were given.
  private(set) var pairCount: UInt64 = 0
  /// The first hazardous documents, and the places at which they stand.
  private var hazardous: [(ordinal: UInt64, place: UInt64)] = []
  private var first: [UInt64] = []
  /// The documents before the one that is paired, by place modulo 8.
  private var recent = Array(repeating: UInt64(0), count: LargeBucket.nearLimit)
  /// Documents that were paired.
  private var place: UInt64 = 0
  /// Hazardous ones among them.
  private var passed = 0

  init() {
    hazardous.reserveCapacity(LargeBucket.hazardousLimit)
    first.reserveCapacity(LargeBucket.firstLimit)
  }

  /// Forgets everything.
  mutating func reset() {
    count = 0
    pairCount = 0
    hazardous.removeAll(keepingCapacity: true)
    first.removeAll(keepingCapacity: true)
    place = 0
    passed = 0
  }

  /// Notes the next document.
  mutating func note(_ ordinal: UInt64, isHazardous: Bool) {
    if first.count < LargeBucket.firstLimit { first.append(ordinal) }
    if isHazardous && hazardous.count < LargeBucket.hazardousLimit {
      hazardous.append((ordinal, count))
    }
    count += 1
  }

  /// Adds the pairs of the next document to a sort: each pair of the bucket once.
  ///
  /// - Precondition: the documents come again, in the same order.
  mutating func pair(_ ordinal: UInt64, into pairs: ExternalSort<OrdinalPair>.Writer) throws {
    precondition(place < count, "a document that was not noted")
    let isHazardous = passed < hazardous.count && hazardous[passed].ordinal == ordinal
    if isHazardous {
      // It was paired with everything before it when that came.
      passed += 1
    } else {
      let firsts = min(place, UInt64(LargeBucket.firstLimit))
      for index in 0..<Int(firsts) {
        try pairs.add(OrdinalPair(high: first[index], low: ordinal))
        pairCount += 1
      }
      let near = max(firsts, place - min(place, UInt64(LargeBucket.nearLimit)))
      for other in near..<place {
        let neighbour = recent[Int(other) % LargeBucket.nearLimit]
        try pairs.add(OrdinalPair(high: neighbour, low: ordinal))
        pairCount += 1
      }
      for index in 0..<passed where hazardous[index].place >= firsts {
        if hazardous[index].place >= near { break }
        try pairs.add(OrdinalPair(high: hazardous[index].ordinal, low: ordinal))
        pairCount += 1
      }
    }
    for index in passed..<hazardous.count {
      try pairs.add(OrdinalPair(high: ordinal, low: hazardous[index].ordinal))
      pairCount += 1
    }
    recent[Int(place) % LargeBucket.nearLimit] = ordinal
    place += 1
  }
}

/// What was counted on the way; sums stop at the largest number instead of overflowing.
struct BucketCounts: Sendable, Equatable {
  var largeBuckets: UInt64 = 0
  var skippedPairs: UInt64 = 0

  /// Notes a bucket of `count` documents of which `pairs` pairs are compared.
  mutating func note(count: UInt64, pairs: UInt64) {
    largeBuckets += 1
    let (even, odd) = count % 2 == 0 ? (count / 2, count - 1) : ((count - 1) / 2, count)
    let all = even.multipliedReportingOverflow(by: odd)
    add(all.overflow ? .max : all.partialValue - pairs)
  }

  /// Adds the counts of another part of the search.
  mutating func add(_ other: BucketCounts) {
    largeBuckets += other.largeBuckets
    add(other.skippedPairs)
  }

  private mutating func add(_ pairs: UInt64) {
    let sum = skippedPairs.addingReportingOverflow(pairs)
    skippedPairs = min(UInt64(Int64.max), sum.overflow ? .max : sum.partialValue)
  }
}
