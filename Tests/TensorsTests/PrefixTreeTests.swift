import TestSupport
import Testing

@testable import Tensors

@Suite("Prefix trees") struct PrefixTreeTests {
  /// Shapes of branches: one sequence, two that share nothing, a question with its choices behind
  /// examples, long parts, and some by chance.
  static let shapes: [[(shared: Int, own: Int)]] = {
    let chosen: [[(shared: Int, own: Int)]] = [
      [(0, 3)], [(0, 70), (0, 5)], [(0, 1), (1, 1), (2, 1)],
      [(0, 83), (60, 4), (61, 3), (40, 25), (65, 1), (65, 130), (140, 2), (1, 7)],
    ]
    var generator = SeededGenerator(seed: 5)
    let random = (0..<6).map { _ -> [(shared: Int, own: Int)] in
      var length = 0
      return (0..<30).map { _ -> (shared: Int, own: Int) in
        let shared = Int.random(in: 0...length, using: &generator)
        let own = Int.random(in: 1...9, using: &generator)
        length = shared + own
        return (shared, own)
      }
    }
    return chosen + random
  }()

  /// The rows of each branch's sequence, by following the definition.
  static func sequences(_ shape: [(shared: Int, own: Int)]) -> [[Int]] {
    var (sequences, last, first) = ([[Int]](), [Int](), 0)
    for (shared, own) in shape {
      last = Array(last[..<shared]) + Array(first..<(first + own))
      first += own
      sequences.append(last)
    }
    return sequences
  }

  @Test("paths, positions and lengths are those of the sequences", arguments: shapes.indices)
  func paths(index: Int) {
    let shape = Self.shapes[index]
    let (tree, sequences) = (PrefixTree(shape), Self.sequences(shape))
    #expect(tree.rows == shape.reduce(0) { $0 + $1.own })
    #expect(tree.longest == sequences.map(\.count).max())
    let positions = tree.positions
    for (path, sequence) in zip(tree.paths, sequences) {
      #expect(path.runs.flatMap { $0 } == sequence)
      #expect(sequence.map { Int(positions[$0]) } == Array(sequence.indices))
      for count in [0, 1, sequence.count / 2, sequence.count] {
        #expect(path.last(count) == sequence.suffix(count))
        #expect(path.runs(before: count).flatMap { $0 } == Array(sequence.prefix(count)))
      }
      // What stands together is one run.
      for (run, next) in zip(path.runs, path.runs.dropFirst()) {
        #expect(run.upperBound != next.lowerBound)
      }
    }
  }

  /// Attention over a tree of all rows of a case.
  private func together(
    _ c: AttentionCase, _ tree: PrefixTree, _ workers: Workers
  ) throws -> Held {
    let (q, k, v, y) = try (Held(c.q), Held(c.k), Held(c.v), Held(c.dy))
    c.attention.forward(
      queries: q.view.heads(c.heads, width: c.width),
      keys: k.view.heads(c.keyHeads, width: c.width),
      values: v.view.heads(c.keyHeads, width: c.width), tree: tree,
      into: y.view.heads(c.heads, width: c.width),
      statistics: try Held(c.q.rows, 2 * c.heads).view, on: workers)
    return y
  }

  /// Attention over some rows as a sequence of their own.
  private func alone(_ c: AttentionCase, _ rows: [Int]) throws -> Held {
    func cut(_ table: Table) -> Table {
      Table(
        rows.count, table.columns,
        rows.flatMap { row in (0..<table.columns).map { table[row, $0] } })
    }
    let (q, k, v, y) = try (Held(cut(c.q)), Held(cut(c.k)), Held(cut(c.v)), Held(cut(c.dy)))
    c.attention.forward(
      queries: q.view.heads(c.heads, width: c.width),
      keys: k.view.heads(c.keyHeads, width: c.width),
      values: v.view.heads(c.keyHeads, width: c.width),
      segments: Segments(lengths: [rows.count]), into: y.view.heads(c.heads, width: c.width),
      statistics: try Held(rows.count, 2 * c.heads).view, on: Workers(count: 1))
    return y
  }

  @Test(
    "a row of a tree has the bits that it has where its sequence stands alone",
    arguments: shapes.indices, [(4, 2, 6), (2, 2, 16), (3, 1, 9)])
  func attention(index: Int, heads: (Int, Int, Int)) throws {
    let tree = PrefixTree(Self.shapes[index])
    let c = AttentionCase(1, tree.rows, heads.0, heads.1, heads.2)
    let workers = Workers(count: 2)
    // What was in a worker's memory before changes nothing.
    for worker in 0..<2 {
      workers.scratch.worker(worker, floats: 1 << 18).update(repeating: .nan, count: 1 << 18)
    }
    let ours = try together(c, tree, workers)
    #expect(ours.isTidy)
    let bits = ours.bits
    for (branch, sequence) in zip(tree.branches, Self.sequences(Self.shapes[index])) {
      let columns = c.q.columns
      let own = try alone(c, sequence).bits
      #expect(
        own[(branch.shared * columns)...]
          == bits[(branch.rows.lowerBound * columns)..<(branch.rows.upperBound * columns)])
    }
  }

  @Test("a row that sees a neighbour's branch, or misses its own, is caught") func mutants() throws
  {
    let shape = [(shared: 0, own: 9), (shared: 5, own: 4), (shared: 6, own: 3)]
    let c = AttentionCase(1, 16, 2, 1, 8)
    let ours = try together(c, PrefixTree(shape), Workers(count: 1)).table
    let mutants: [[(shared: Int, own: Int)]] = [
      // Everything is one sequence; one token more, and one less, of the path before.
      [(0, 16)], [(0, 9), (6, 4), (6, 3)], [(0, 9), (4, 4), (6, 3)], [(0, 9), (5, 4), (0, 3)],
    ]
    for mutant in mutants {
      let other = try together(c, PrefixTree(mutant), Workers(count: 1))
      #expect(deviation(other, from: ours) > 1e-3)
    }
  }

  @Test("the same bits for 1 to 4 workers") func bits() throws {
    for shape in Self.shapes {
      let tree = PrefixTree(shape)
      let c = AttentionCase(1, tree.rows, 4, 2, 6)
      #expect(try sameBits { try together(c, tree, $0).bits })
    }
  }
}
