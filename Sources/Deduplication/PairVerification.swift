internal import Streams

/// Compares candidate pairs by their words; one per thread.
///
/// The documents of a chunk of pairs are sorted, so that their words are read in the order of the
/// files, each once and neighbours together, and then compared from memory.
final class PairVerifier {
  private let reader: SignatureReader
  private let comparer: ShingleComparer
  private let jaccard: Double
  /// Words that are held at once, unless two documents alone have more.
  private let wordLimit: Int
  /// Each document with the number of its pair, twice that and one for the second of a pair.
  private var sides: UnsafeMutableBufferPointer<OrdinalPair>
  private var scratch: UnsafeMutableBufferPointer<OrdinalPair>
  private var documents: UnsafeMutableBufferPointer<StoredDocument>
  /// Which document the sides of a pair are: 2 x pair, 2 x pair + 1.
  private var slots: UnsafeMutableBufferPointer<UInt32>
  /// Where the words of a document begin.
  private var places: UnsafeMutableBufferPointer<Int>
  private var words: UnsafeMutableBufferPointer<UInt32>

  /// Bytes that a verifier takes for each pair of a chunk, without words.
  static let byteCount =
    2
    * (2 * MemoryLayout<OrdinalPair>.stride + MemoryLayout<StoredDocument>.stride
      + MemoryLayout<UInt32>.stride + MemoryLayout<Int>.stride)

  /// A verifier.
  ///
  /// - Parameters:
  ///   - pairLimit: pairs of a chunk at most.
  ///   - wordLimit: words held at once, unless two documents alone have more.
  init(
    reader: SignatureReader, settings: NearDuplicateSettings, pairLimit: Int, wordLimit: Int
  ) {
    precondition(pairLimit > 0 && pairLimit < 1 << 30, "a chunk holds pairs")
    self.reader = reader
    self.wordLimit = wordLimit
    jaccard = settings.jaccard
    comparer = ShingleComparer(shingle: settings.shingle)
    sides = .allocate(capacity: 2 * pairLimit)
    scratch = .allocate(capacity: 2 * pairLimit)
    documents = .allocate(capacity: 2 * pairLimit)
    slots = .allocate(capacity: 2 * pairLimit)
    places = .allocate(capacity: 2 * pairLimit)
    words = .allocate(capacity: 1)
  }

  deinit {
    sides.deallocate()
    scratch.deallocate()
    documents.deallocate()
    slots.deallocate()
    places.deallocate()
    words.deallocate()
  }

  /// Appends those of the pairs that are similar enough to `edges`, in order.
  ///
  /// - Precondition: the pairs are in ascending order, and no more than were planned for.
  func verify(_ pairs: UnsafeBufferPointer<OrdinalPair>, into edges: inout [Edge]) throws {
    guard pairs.count > 0 else { return }
    if Interruption.isRequested { throw InterruptedError() }
    let count = collect(pairs)
    let needed = UnsafeMutableBufferPointer(rebasing: documents[..<count])
    try reader.measure(needed)
    var total = 0
    for index in 0..<count {
      places[index] = total
      total += Int(needed[index].wordCount)
    }
    if total > wordLimit && pairs.count > 1 {
      let pieces = min(pairs.count, total / wordLimit + 1)
      for piece in 0..<pieces {
        let part = pairs.count * piece / pieces..<pairs.count * (piece + 1) / pieces
        try verify(UnsafeBufferPointer(rebasing: pairs[part]), into: &edges)
      }
      return
    }
    if words.count < total || words.count > 2 * max(wordLimit, total) {
      words.deallocate()
      words = .allocate(capacity: total <= wordLimit ? wordLimit : total)
    }
    try reader.load(needed, into: words)
    try compare(pairs, into: &edges)
  }

  /// Finds the different documents of the pairs, and which of them each pair has.
  ///
  /// - Returns: how many there are.
  private func collect(_ pairs: UnsafeBufferPointer<OrdinalPair>) -> Int {
    var count = 0
    for index in pairs.indices {
      // The first of a pair is that of the pair before it, more often than not.
      if index == 0 || pairs[index].high != pairs[index - 1].high {
        sides[count] = OrdinalPair(high: pairs[index].high, low: UInt64(2 * index))
        count += 1
      }
      sides[count] = OrdinalPair(high: pairs[index].low, low: UInt64(2 * index + 1))
      count += 1
    }
    RadixSort.sort(
      sides.baseAddress.unsafelyUnwrapped, scratch: scratch.baseAddress.unsafelyUnwrapped,
      count: count)
    var found = 0
    for index in 0..<count {
      if index == 0 || sides[index].high != sides[index - 1].high {
        documents[found] = StoredDocument(ordinal: sides[index].high)
        found += 1
      }
      slots[Int(sides[index].low)] = UInt32(found - 1)
    }
    return found
  }

  private func text(_ slot: Int) -> UnsafeBufferPointer<UInt32> {
    let start = places[slot]
    return UnsafeBufferPointer(
      rebasing: words[start..<start + Int(documents[slot].wordCount)])
  }

  private func compare(
    _ pairs: UnsafeBufferPointer<OrdinalPair>, into edges: inout [Edge]
  ) throws {
    for index in pairs.indices {
      if index & 0xFFF == 0xFFF && Interruption.isRequested { throw InterruptedError() }
      let pair = pairs[index]
      if index == 0 || pair.high != pairs[index - 1].high {
        comparer.setFirst(text(Int(slots[2 * index])))
      }
      let second = text(Int(slots[2 * index + 1]))
      guard let overlap = comparer.overlap(with: second, atLeast: jaccard) else { continue }
      edges.append(
        Edge(
          first: pair.high, second: pair.low, shared: overlap.shared, united: overlap.united))
    }
  }
}
