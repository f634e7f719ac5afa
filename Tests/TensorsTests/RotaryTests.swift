import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite("Rotary embedding") struct RotaryTests {
  static let llama3 = RotaryEmbedding.Scaling.llama3(
    factor: 8, low: 1, high: 4, originalContext: 16)

  /// Frequencies in Double, by the formulas of the papers.
  private func frequency(
    _ index: Int, width: Int, base: Double, scaling: RotaryEmbedding.Scaling
  ) -> Double {
    let plain = pow(base, -Double(2 * index) / Double(width))
    guard case .llama3(let factor, let low, let high, let context) = scaling else { return plain }
    let share = (Double(context) * plain / (2 * .pi) - Double(low)) / Double(high - low)
    let kept = min(1, max(0, share))
    return plain * (kept + (1 - kept) / Double(factor))
  }

  /// Turns features i and i + R/2 of each head. The mutant turns neighbours.
  private func turned(
    _ x: Table, heads: Int, width: Int, at: [Int32], base: Double,
    scaling: RotaryEmbedding.Scaling, back: Bool = false, mutant: Bool = false
  ) -> Table {
    var y = x
    let size = x.columns / heads
    for row in 0..<x.rows {
      for head in 0..<heads {
        for index in 0..<(width / 2) {
          let angle =
            Double(at[row])
            * frequency(index, width: width, base: base, scaling: scaling) * (back ? -1 : 1)
          let first = head * size + (mutant ? 2 * index : index)
          let second = mutant ? first + 1 : first + width / 2
          y[row, first] = x[row, first] * cos(angle) - x[row, second] * sin(angle)
          y[row, second] = x[row, second] * cos(angle) + x[row, first] * sin(angle)
        }
      }
    }
    return y
  }

  @Test(
    "forward and backward: whole, partial, llama3",
    arguments: [(6, 6), (32, 16), (22, 22), (16, 4)], [RotaryEmbedding.Scaling.none, llama3])
  func passes(shape: (size: Int, width: Int), scaling: RotaryEmbedding.Scaling) throws {
    var generator = SeededGenerator(seed: UInt64(shape.size))
    let x = Table(9, 3 * shape.size, from: &generator)
    let at: [Int32] = [0, 1, 2, 3, 17, 30, 5, 5, 31]
    let rotary = try RotaryEmbedding(
      width: shape.width, base: 10_000, scaling: scaling, positions: 32)
    let held = try Held(x)
    let workers = Workers(count: 2)
    let heads = held.view.heads(3, width: shape.size)
    func truth(back: Bool = false, mutant: Bool = false) -> Table {
      turned(
        x, heads: 3, width: shape.width, at: at, base: 10_000, scaling: scaling, back: back,
        mutant: mutant)
    }
    rotary.forward(heads, at: at, on: workers)
    #expect(deviation(held, from: truth()) < 3e-6)
    #expect(deviation(held, from: truth(mutant: true)) > 1e-3)
    #expect(deviation(held, from: truth(back: true)) > 1e-3)
    rotary.backward(heads, at: at, on: workers)
    #expect(deviation(held, from: x) < 1e-6)
    rotary.backward(heads, at: at, on: workers)
    #expect(deviation(held, from: truth(back: true)) < 3e-6)
  }

  @Test("the turn back is the derivative") func reference() {
    var generator = SeededGenerator(seed: 5)
    let (x, dy) = (Table(2, 12, from: &generator), Table(2, 12, from: &generator))
    func turn(_ x: Table, back: Bool = false) -> Table {
      turned(
        x, heads: 2, width: 4, at: [3, 11], base: 100, scaling: RotaryTests.llama3, back: back)
    }
    let numeric = differences(x) { turn($0).weighed(by: dy) }
    #expect(deviation(numeric, from: turn(dy, back: true)) < 1e-9)
  }

  @Test("llama3 keeps, blends and divides") func scaling() {
    let plain = RotaryEmbedding.frequencies(width: 16, base: 500_000, scaling: .none)
    let scaled = RotaryEmbedding.frequencies(
      width: 16, base: 500_000, scaling: RotaryTests.llama3)
    let ratios = zip(scaled, plain).map { $0 / $1 }
    #expect(ratios.first.map { $0 < 1 && $0 > 0.125 } == true)
    #expect(ratios.last == 0.125)
    let kept = RotaryEmbedding.frequencies(
      width: 16, base: 500_000,
      scaling: .llama3(factor: 8, low: 1, high: 4, originalContext: 8_192))
    #expect(kept[0] == plain[0] && kept[7] == plain[7] / 8)
    for index in 0..<8 {
      let truth = frequency(index, width: 16, base: 500_000, scaling: RotaryTests.llama3)
      #expect(abs(Double(scaled[index]) / truth - 1) < 1e-6)
    }
  }

  @Test("the same bits for 1 to 4 workers") func bits() throws {
    var generator = SeededGenerator(seed: 8)
    let x = Table(200, 192, from: &generator)
    let rotary = try RotaryEmbedding(width: 32, base: 10_000, positions: 200)
    let same = try sameBits { workers in
      let held = try Held(x)
      rotary.forward(held.view.heads(6, width: 32), at: (0..<200).map { $0 }, on: workers)
      return held.bits
    }
    #expect(same)
  }
}
