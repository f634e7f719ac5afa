/// Sequences in batches, the longest first, each filled up at its end to the first of its batch: no
/// token sees what stands behind it.
///
/// The batches are a function of the lengths alone, so the bits of what is computed are too.
package struct SequenceBatches {
  /// Sequences that are read together.
  package struct Batch {
    /// T, the tokens of the longest.
    package let length: Int
    /// The numbers of the sequences, one behind the other.
    package let numbers: [Int]
    /// B·T tokens.
    package let tokens: [Int32]
    /// The rows of each sequence, without what fills it up.
    package let rows: [Range<Int>]
  }

  /// The batches.
  package let all: [Batch]

  /// Batches of at most `rows` rows, unless one sequence has more.
  ///
  /// - Parameter rows: nil for as many as evaluations have.
  /// - Precondition: no sequence is empty.
  package init(_ sequences: [[Int32]], rows: Int? = nil) {
    let rows = rows ?? ContinuationScorer.batchRows
    precondition(sequences.allSatisfy { !$0.isEmpty }, "sequences of tokens")
    let order = sequences.indices.sorted {
      (sequences[$1].count, $0) < (sequences[$0].count, $1)
    }
    var all: [Batch] = []
    var first = 0
    while first < order.count {
      let length = sequences[order[first]].count
      let numbers = Array(order[first...].prefix(max(1, rows / length)))
      let tokens = numbers.flatMap { number in
        sequences[number] + Array(repeating: 0, count: length - sequences[number].count)
      }
      all.append(
        Batch(
          length: length, numbers: numbers, tokens: tokens,
          rows: numbers.enumerated().map { place, number in
            place * length..<place * length + sequences[number].count
          }))
      first += numbers.count
    }
    self.all = all
  }
}
