public import Tensors

/// Sequences in the order of their tokens, which brings those together that begin alike, cut into
/// batches of a bounded number of rows.
///
/// A shared beginning stands once in each batch. The batches are a function of the sequences alone.
public struct PrefixBatches {
  /// A batch.
  public struct Batch {
    /// The tokens of the tree's rows.
    public var tokens: [Int32]
    /// Where the rows stand.
    public var tree: PrefixTree
    /// The numbers of the sequences that each branch is; several where they are equal.
    public var sequences: [[Int]]
  }

  /// Rows of a batch, at most, unless one sequence has more.
  public let rows: Int
  private let sequences: [[Int32]]
  /// The numbers of equal sequences, in the order of their tokens.
  private var groups: [[Int]] = []
  /// How many tokens the sequences of a group share with those of the group before.
  private var shared: [Int] = []
  private var done = 0

  /// Batches of sequences.
  ///
  /// - Parameters:
  ///   - sequences: at least one token each.
  ///   - rows: rows of a batch, at most, unless one sequence has more.
  public init(_ sequences: [[Int32]], rows: Int) {
    self.rows = rows
    self.sequences = sequences
    let order = sequences.indices.sorted { one, other in
      let (a, b) = (sequences[one], sequences[other])
      let shared = PrefixBatches.shared(a, b)
      if shared == a.count || shared == b.count {
        return a.count == b.count ? one < other : a.count < b.count
      }
      return a[shared] < b[shared]
    }
    for index in order {
      precondition(!sequences[index].isEmpty, "a sequence has a token")
      let own = sequences[index]
      let shared = groups.last.map { PrefixBatches.shared(sequences[$0[0]], own) } ?? 0
      if let last = groups.last, shared == own.count, sequences[last[0]].count == own.count {
        groups[groups.count - 1].append(index)
      } else {
        groups.append([index])
        self.shared.append(shared)
      }
    }
  }

  /// How many tokens two sequences have in common at their beginnings.
  private static func shared(_ a: [Int32], _ b: [Int32]) -> Int {
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        let limit = Swift.min(a.count, b.count)
        var count = 0
        while count < limit && a[count] == b[count] { count &+= 1 }
        return count
      }
    }
  }
}

extension PrefixBatches: Sequence, IteratorProtocol {
  /// The next batch; nil behind the last.
  public mutating func next() -> Batch? {
    guard done < groups.count else { return nil }
    let first = done
    var tokens: [Int32] = []
    var branches: [(shared: Int, own: Int)] = []
    while done < groups.count {
      let sequence = sequences[groups[done][0]]
      let kept = branches.isEmpty ? 0 : shared[done]
      guard branches.isEmpty || tokens.count + sequence.count - kept <= rows else { break }
      tokens += sequence[kept...]
      branches.append((kept, sequence.count - kept))
      done += 1
    }
    return Batch(
      tokens: tokens, tree: PrefixTree(branches), sequences: Array(groups[first..<done]))
  }
}
