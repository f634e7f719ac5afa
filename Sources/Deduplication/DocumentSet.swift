/// A set of documents by ordinal: a bit a document.
public struct DocumentSet: Sendable, Equatable {
  /// How many documents there are, members or not.
  public let count: UInt64
  /// The bits, 64 ordinals a word; those behind `count` are zero.
  private(set) var words: [UInt64]

  /// An empty set of `count` documents.
  public init(count: UInt64) {
    self.count = count
    words = Array(repeating: 0, count: Int((count + 63) / 64))
  }

  /// The set of all `count` documents.
  public static func all(count: UInt64) -> DocumentSet {
    var set = DocumentSet(count: count)
    set.insert(0..<count)
    return set
  }

  /// How many documents are members.
  public var memberCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Whether a document is a member.
  ///
  /// - Precondition: `ordinal` is below `count`.
  public func contains(_ ordinal: UInt64) -> Bool {
    precondition(ordinal < count, "a document that does not exist")
    return words[Int(ordinal >> 6)] >> (ordinal & 63) & 1 != 0
  }

  /// Makes a document a member.
  ///
  /// - Precondition: `ordinal` is below `count`.
  public mutating func insert(_ ordinal: UInt64) {
    precondition(ordinal < count, "a document that does not exist")
    words[Int(ordinal >> 6)] |= 1 << (ordinal & 63)
  }

  /// Makes a range of documents members.
  ///
  /// - Precondition: the range ends at `count` or before.
  public mutating func insert(_ ordinals: Range<UInt64>) {
    precondition(ordinals.upperBound <= count, "a document that does not exist")
    var ordinal = ordinals.lowerBound
    while ordinal < ordinals.upperBound {
      // The rest of this word, or of the range.
      let bit = ordinal & 63
      let length = min(64 - bit, ordinals.upperBound - ordinal)
      words[Int(ordinal >> 6)] |= (UInt64.max >> (64 - length)) << bit
      ordinal += length
    }
  }

  /// Takes a document out.
  ///
  /// - Precondition: `ordinal` is below `count`.
  public mutating func remove(_ ordinal: UInt64) {
    precondition(ordinal < count, "a document that does not exist")
    words[Int(ordinal >> 6)] &= ~(1 << (ordinal & 63))
  }

  /// Takes out the members below an ordinal.
  ///
  /// - Returns: how many there were.
  mutating func remove(below end: UInt64) -> Int {
    var removed = 0
    for word in 0..<min(words.count, Int((end + 63) / 64)) {
      let left = end - UInt64(word) * 64
      let mask = left >= 64 ? UInt64.max : (1 << left) - 1
      removed += (words[word] & mask).nonzeroBitCount
      words[word] &= ~mask
    }
    return removed
  }

  /// Keeps only the members that are also members of `other`.
  ///
  /// - Precondition: both are sets of the same documents.
  public mutating func formIntersection(_ other: DocumentSet) {
    precondition(other.count == count, "sets of other documents")
    for index in words.indices { words[index] &= other.words[index] }
  }

  /// Takes in the members of `other`.
  ///
  /// - Precondition: both are sets of the same documents.
  public mutating func formUnion(_ other: DocumentSet) {
    precondition(other.count == count, "sets of other documents")
    for index in words.indices { words[index] |= other.words[index] }
  }
}

/// A set of documents whose members are numbered from 0 in ascending order.
struct RankedDocuments: Sendable {
  let documents: DocumentSet
  /// How many documents are members.
  let memberCount: Int
  /// Members before each 512 documents: a sixteenth of the set's own size.
  private let before: [UInt32]

  private static let wordsPerStep = 8

  /// Numbers the members.
  ///
  /// - Precondition: there are fewer than 2^32.
  init(_ documents: DocumentSet) {
    self.documents = documents
    var before: [UInt32] = []
    before.reserveCapacity(documents.words.count / RankedDocuments.wordsPerStep + 1)
    var sum = 0
    for (index, word) in documents.words.enumerated() {
      if index % RankedDocuments.wordsPerStep == 0 { before.append(UInt32(sum)) }
      sum += word.nonzeroBitCount
    }
    self.before = before
    memberCount = sum
  }

  /// The number of a member.
  ///
  /// - Precondition: it is one.
  func rank(of ordinal: UInt64) -> UInt32 {
    assert(documents.contains(ordinal), "only members are numbered")
    let word = Int(ordinal >> 6)
    let step = word / RankedDocuments.wordsPerStep
    var rank = Int(before[step])
    for index in step * RankedDocuments.wordsPerStep..<word {
      rank += documents.words[index].nonzeroBitCount
    }
    let below = documents.words[word] & ((1 << (ordinal & 63)) - 1)
    return UInt32(rank + below.nonzeroBitCount)
  }

  /// The member of a number.
  ///
  /// - Precondition: `rank` is below `memberCount`.
  func member(_ rank: UInt32) -> UInt64 {
    precondition(rank < memberCount, "a member that does not exist")
    // The last step with at most `rank` members before it.
    var low = 0
    var high = before.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if before[middle] <= rank { low = middle } else { high = middle }
    }
    var left = Int(rank - before[low])
    var word = low * RankedDocuments.wordsPerStep
    while documents.words[word].nonzeroBitCount <= left {
      left -= documents.words[word].nonzeroBitCount
      word += 1
    }
    var bits = documents.words[word]
    for _ in 0..<left { bits &= bits - 1 }
    return UInt64(word) << 6 | UInt64(bits.trailingZeroBitCount)
  }
}

extension DocumentSet {
  /// The members in ascending order.
  struct MemberIterator: IteratorProtocol {
    private let words: [UInt64]
    private var word = 0
    private var bits: UInt64

    fileprivate init(_ words: [UInt64]) {
      self.words = words
      bits = words.first ?? 0
    }

    mutating func next() -> UInt64? {
      while bits == 0 {
        guard word + 1 < words.count else { return nil }
        word += 1
        bits = words[word]
      }
      let bit = bits.trailingZeroBitCount
      bits &= bits - 1
      return UInt64(word) << 6 | UInt64(bit)
    }
  }

  /// Goes through the members in ascending order.
  func makeMemberIterator() -> MemberIterator { MemberIterator(words) }
}
