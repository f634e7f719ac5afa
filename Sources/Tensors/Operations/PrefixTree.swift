/// Sequences that begin alike, laid so that what they share stands once: the rows of a prefix tree
/// (trie), depth first.
///
/// It is written as sorted words are written by front coding: a branch keeps the first rows of the
/// path of the branch before it, and goes on with rows of its own. The own rows of all branches
/// stand one behind the other.
public struct PrefixTree: Sendable, Equatable {
  /// What a sequence adds to what the one before it had.
  public struct Branch: Sendable, Equatable {
    /// Rows that it shares with the path of the branch before it, from the first on; the position
    /// of its first own row.
    public let shared: Int
    /// Its own rows.
    public let rows: Range<Int>

    /// Rows of the whole sequence.
    public var length: Int { shared + rows.count }
  }

  /// The branches, in the order of their rows.
  public let branches: [Branch]

  /// A tree of branches.
  ///
  /// - Parameter branches: how many rows each keeps of the path before it, and how many are its
  ///   own.
  /// - Precondition: a branch has an own row, and the path before it the rows that it keeps; there
  ///   is a branch.
  public init(_ branches: some Sequence<(shared: Int, own: Int)>) {
    var (laid, first, length) = ([Branch](), 0, 0)
    for (shared, own) in branches {
      precondition(own > 0, "a branch has a row")
      precondition(shared >= 0 && shared <= length, "a branch keeps rows that there are")
      laid.append(Branch(shared: shared, rows: first..<(first + own)))
      (first, length) = (first + own, shared + own)
    }
    precondition(!laid.isEmpty, "at least one branch")
    self.branches = laid
  }

  /// N, the rows of all branches.
  public var rows: Int { branches[branches.count - 1].rows.upperBound }

  /// The rows of the longest sequence.
  public var longest: Int { branches.reduce(0) { max($0, $1.length) } }

  /// What each row's number within its sequence is.
  public var positions: [Int32] {
    branches.flatMap { Int32($0.shared)..<Int32($0.length) }
  }

  /// The rows of one sequence, from its first to its last.
  public struct Path: Sendable, Equatable {
    /// Rows that stand together, one piece behind the other.
    public private(set) var runs: [Range<Int>] = []

    /// The rows of the first positions.
    func runs(before position: Int) -> [Range<Int>] {
      var left = position
      var kept: [Range<Int>] = []
      for run in runs where left > 0 {
        kept.append(run.lowerBound..<min(run.upperBound, run.lowerBound + left))
        left -= kept[kept.count - 1].count
      }
      precondition(left <= 0, "a position of the path")
      return kept
    }

    /// The rows of the last `count` positions.
    public func last(_ count: Int) -> [Int] {
      var rows: [Int] = []
      for run in runs.reversed() where rows.count < count {
        rows += run.suffix(count - rows.count).reversed()
      }
      precondition(rows.count == count, "positions of the path")
      return rows.reversed()
    }

    fileprivate mutating func go(on branch: Branch) {
      runs = runs(before: branch.shared)
      if let last = runs.last, last.upperBound == branch.rows.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<branch.rows.upperBound
      } else {
        runs.append(branch.rows)
      }
    }
  }

  /// The path of each branch's sequence.
  public var paths: [Path] {
    var path = Path()
    return branches.map { branch in
      path.go(on: branch)
      return path
    }
  }
}
