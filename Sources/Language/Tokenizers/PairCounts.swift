/// The words of a corpus as tokens, and how often each pair of tokens stands side by side.
///
/// A merge changes only the words that hold its pair; the pairs wait in a heap, the most frequent
/// first and the smallest of equals, where an entry that has become wrong is put right when it is
/// met.
struct PairCounts {
  private struct Pair {
    var left: Int32
    var right: Int32
    var count: Int
    /// Words that hold it, or held it once.
    var words: [Int32] = []
  }

  /// A pair with the count that it had, in the order of the heap.
  private struct Candidate {
    var count: Int
    var pair: UInt64
    var index: Int32

    func precedes(_ other: Candidate) -> Bool {
      count != other.count ? count > other.count : pair < other.pair
    }
  }

  private var tokens: [Int32]
  private var starts: [Int]
  private var lengths: [Int]
  private let wordCounts: [Int]
  private var pairs: [Pair] = []
  private var indices: [UInt64: Int32] = [:]
  private var heap: [Candidate] = []

  /// Counts the pairs of `words`, each a list of tokens that stands `counts` times in the corpus.
  init(words: [[Int32]], counts: [Int]) {
    precondition(words.count == counts.count, "each word has its count")
    tokens = Array(words.joined())
    lengths = words.map(\.count)
    starts = []
    wordCounts = counts
    var start = 0
    for length in lengths {
      starts.append(start)
      start += length
    }
    for word in words.indices {
      for place in starts[word]..<max(starts[word], starts[word] + lengths[word] - 1) {
        add(tokens[place], tokens[place + 1], wordCounts[word], word)
      }
    }
    for index in pairs.indices { push(index) }
  }

  /// Removes and returns the pair that stands most often; nil where none stands `minimum` times.
  mutating func best(minimum: Int) -> (left: Int32, right: Int32)? {
    while let top = heap.first {
      let index = Int(top.index)
      pop()
      if pairs[index].count != top.count {
        if pairs[index].count >= minimum { push(index) }
        continue
      }
      guard top.count >= minimum else { return nil }
      return (pairs[index].left, pairs[index].right)
    }
    return nil
  }

  /// Makes the two tokens one wherever they stand side by side, from the left in each word.
  mutating func merge(_ left: Int32, _ right: Int32, into token: Int32) {
    guard let found = indices[MergeTable.pack(left, right)] else { return }
    let words = pairs[Int(found)].words
    pairs[Int(found)].words = []
    var grown: [Int] = []
    for word in words { merge(left, right, into: token, word: Int(word), &grown) }
    for index in Set(grown).sorted() where pairs[index].count > 0 { push(index) }
  }

  private mutating func merge(
    _ left: Int32, _ right: Int32, into token: Int32, word: Int, _ grown: inout [Int]
  ) {
    let start = starts[word]
    let end = start + lengths[word]
    let count = wordCounts[word]
    guard (start..<(end - 1)).contains(where: { tokens[$0] == left && tokens[$0 + 1] == right })
    else { return }
    for place in start..<(end - 1) {
      if let index = indices[MergeTable.pack(tokens[place], tokens[place + 1])] {
        pairs[Int(index)].count -= count
      }
    }
    var kept = start
    var place = start
    while place < end {
      if place + 1 < end, tokens[place] == left, tokens[place + 1] == right {
        tokens[kept] = token
        place += 2
      } else {
        tokens[kept] = tokens[place]
        place += 1
      }
      kept += 1
    }
    lengths[word] = kept - start
    for place in start..<max(start, kept - 1) {
      let index = add(tokens[place], tokens[place + 1], count, word)
      if tokens[place] == token || tokens[place + 1] == token { grown.append(index) }
    }
  }

  @discardableResult
  private mutating func add(_ left: Int32, _ right: Int32, _ count: Int, _ word: Int) -> Int {
    let packed = MergeTable.pack(left, right)
    let index: Int
    if let known = indices[packed] {
      index = Int(known)
    } else {
      index = pairs.count
      indices[packed] = Int32(index)
      pairs.append(Pair(left: left, right: right, count: 0))
    }
    pairs[index].count += count
    // A word that is named twice costs a look, no more.
    if pairs[index].words.last != Int32(word) { pairs[index].words.append(Int32(word)) }
    return index
  }

  // MARK: - Heap

  private mutating func push(_ index: Int) {
    let pair = pairs[index]
    let candidate = Candidate(
      count: pair.count, pair: MergeTable.pack(pair.left, pair.right), index: Int32(index))
    heap.append(candidate)
    var place = heap.count - 1
    while place > 0, candidate.precedes(heap[(place - 1) / 2]) {
      heap[place] = heap[(place - 1) / 2]
      place = (place - 1) / 2
    }
    heap[place] = candidate
  }

  private mutating func pop() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    var place = 0
    while true {
      var child = place * 2 + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
      if !heap[child].precedes(last) { break }
      heap[place] = heap[child]
      place = child
    }
    heap[place] = last
  }
}
