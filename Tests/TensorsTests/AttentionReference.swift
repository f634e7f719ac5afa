import Foundation
import TestSupport
import Testing

@testable import Tensors

/// Causal attention of B sequences in Double, and its gradient by the chain rule.
struct AttentionCase: CustomTestStringConvertible, Sendable {
  let sequences, length, heads, keyHeads, width: Int
  var q, k, v, dy: Table
  var testDescription: String {
    "[\(sequences)·\(length), \(heads)/\(keyHeads), \(width)]"
  }

  /// What a mutant has wrong.
  enum Mutant { case scale, future, group, mean }

  init(_ sequences: Int, _ length: Int, _ heads: Int, _ keyHeads: Int, _ width: Int) {
    (self.sequences, self.length) = (sequences, length)
    (self.heads, self.keyHeads, self.width) = (heads, keyHeads, width)
    var generator = SeededGenerator(seed: UInt64(sequences * 1_000 + length * 10 + heads))
    let rows = sequences * length
    q = Table(rows, heads * width, from: &generator, scale: 2)
    k = Table(rows, keyHeads * width, from: &generator, scale: 2)
    v = Table(rows, keyHeads * width, from: &generator)
    dy = Table(rows, heads * width, from: &generator)
  }

  /// Some rows as a case of their own.
  func part(_ range: Range<Int>) -> AttentionCase {
    func cut(_ table: Table) -> Table {
      var rows = Table(range.count, table.columns)
      for (index, row) in range.enumerated() {
        for column in 0..<table.columns { rows[index, column] = table[row, column] }
      }
      return rows
    }
    var part = AttentionCase(1, range.count, heads, keyHeads, width)
    (part.q, part.k, part.v, part.dy) = (cut(q), cut(k), cut(v), cut(dy))
    return part
  }

  var segments: Segments { Segments(rows: q.rows, length: length) }

  /// The probabilities of the query in `row` (of its sequence `b`) for head `h`.
  private func probabilities(
    _ q: Table, _ k: Table, _ b: Int, _ t: Int, _ h: Int, _ mutant: Mutant?
  ) -> [Double] {
    let last = mutant == .future ? length - 1 : t
    let scale = mutant == .scale ? 1 : 1 / Double(width).squareRoot()
    let scores = (0...last).map { s in
      (0..<width).reduce(0.0) {
        $0 + q[b * length + t, h * width + $1]
          * k[b * length + s, group(h, mutant) * width + $1]
      } * scale
    }
    let largest = scores.max() ?? 0
    let powers = scores.map { exp($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  private func group(_ h: Int, _ mutant: Mutant?) -> Int {
    mutant == .group ? h % keyHeads : h / (heads / keyHeads)
  }

  func forward(_ q: Table, _ k: Table, _ v: Table, mutant: Mutant? = nil) -> Table {
    var y = Table(q.rows, heads * width)
    for b in 0..<sequences {
      for t in 0..<length {
        for h in 0..<heads {
          let p = probabilities(q, k, b, t, h, mutant)
          for (s, share) in p.enumerated() {
            for c in 0..<width {
              y[b * length + t, h * width + c] +=
                share * v[b * length + s, group(h, mutant) * width + c]
            }
          }
        }
      }
    }
    return y
  }

  func gradient(mutant: Mutant? = nil) -> (dq: Table, dk: Table, dv: Table) {
    var (dq, dk) = (Table(q.rows, q.columns), Table(k.rows, k.columns))
    var dv = dk
    let scale = 1 / Double(width).squareRoot()
    for b in 0..<sequences {
      for t in 0..<length {
        for h in 0..<heads {
          let (row, g) = (b * length + t, group(h, mutant))
          let p = probabilities(q, k, b, t, h, mutant)
          let dp = p.indices.map { s in
            (0..<width).reduce(0.0) {
              $0 + dy[row, h * width + $1] * v[b * length + s, g * width + $1]
            }
          }
          let mean = mutant == .mean ? 0 : zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
          for s in p.indices {
            let ds = p[s] * (dp[s] - mean) * scale
            for c in 0..<width {
              dq[row, h * width + c] += ds * k[b * length + s, g * width + c]
              dk[b * length + s, g * width + c] += ds * q[row, h * width + c]
              dv[b * length + s, g * width + c] += p[s] * dy[row, h * width + c]
            }
          }
        }
      }
    }
    return (dq, dk, dv)
  }

  var attention: CausalAttention {
    CausalAttention(heads: heads, keyHeads: keyHeads, width: width)
  }
}
