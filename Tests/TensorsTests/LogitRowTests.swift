import Foundation
import TestSupport
import Testing

@testable import Tensors

/// Operations on a row of logits beside plain Double arithmetic.
@Suite("A row of logits") struct LogitRowTests {
  private func floats(_ count: Int, seed: UInt64) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Float.random(in: -9...9, using: &generator) }
  }

  @Test("powers, their sum and expectations", arguments: [1, 7, 8, 9, 255, 257, 5_000])
  func powers(count: Int) {
    let (start, other) = (floats(count, seed: 1), floats(count, seed: 2))
    let most = Double(start.max() ?? 0)
    let exact = start.map { exp(Double($0) - most) }
    let sum = exact.reduce(0, +)
    for against in [nil, other] as [[Float]?] {
      var row = start
      let (scale, expectation) = LogitRow.exponentiate(&row, count, weighing: against)
      let subtracted = against.map { $0.map { Double($0) } } ?? Array(repeating: most, count: count)
      let terms = exact.indices.map { exact[$0] * (Double(start[$0]) - subtracted[$0]) }
      let size = terms.reduce(1) { $0 + abs($1) }
      #expect(abs(expectation - terms.reduce(0, +)) < 5e-7 * size)
      #expect(scale.largest == most && abs(scale.sum - sum) < 5e-7 * sum)
      #expect(abs(scale.logSumExp - (most + log(sum))) < 1e-6)
      // Of the difference as Float has it.
      let powers = start.map { exp(Double($0 - Float(most))) }
      #expect(zip(row, powers).allSatisfy { abs(Double($0) - $1) <= 3e-7 * $1 })
    }
    var row = start
    #expect(abs(LogitRow.exponentiate(&row, count).sum - sum) < 5e-7 * sum)
  }

  @Test("a logit of minus infinity has no part") func infinite() {
    var row: [Float] = [1, -.infinity, 2]
    let (scale, expectation) = LogitRow.exponentiate(&row, 3, weighing: nil)
    #expect(row[1] == 0 && abs(scale.sum - (1 + exp(-1))) < 1e-6)
    #expect(abs(expectation + exp(-1)) < 1e-6)
  }

  @Test("sums, the largest, and combinations", arguments: [1, 7, 8, 13, 130]) func sums(count: Int)
  {
    let (a, b) = (floats(count, seed: 3), floats(count, seed: 4))
    let exact = zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(LogitRow.dot(a, b, count) - exact) < 1e-9)
    #expect(abs(LogitRow.sum(a, count) - a.reduce(0) { $0 + Double($1) }) < 1e-9)
    let most = a.max() ?? 0
    #expect(LogitRow.place(ofLargest: a + [most], count + 1) == a.firstIndex(of: most))
    var both = a
    LogitRow.combine(&both, times: 2, plus: b, times: -0.5, count)
    #expect(zip(both, zip(a, b)).allSatisfy { abs($0 - (2 * $1.0 - 0.5 * $1.1)) < 1e-5 })
    var one = a
    LogitRow.combine(&one, times: 0, plus: 3, count)
    #expect(one.allSatisfy { $0 == 3 })
  }
}
