import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite("Elementary functions against the C library's in Double") struct ElementaryTests {
  /// The largest relative error of `ours` over a range.
  private func worst(
    _ range: ClosedRange<Float>, _ ours: (Lanes) -> Lanes, _ truth: (Double) -> Double
  ) -> Double {
    var worst = 0.0
    let steps = 200_000
    for index in 0..<(steps / 8) {
      var x = Lanes.zero
      for lane in 0..<8 {
        let share = Float(index * 8 + lane) / Float(steps - 1)
        x[lane] = range.lowerBound + share * (range.upperBound - range.lowerBound)
      }
      let y = ours(x)
      for lane in 0..<8 {
        let right = truth(Double(x[lane]))
        let error = abs(Double(y[lane]) - right) / abs(right)
        worst = error.isNaN ? .infinity : max(worst, error)
      }
    }
    return worst
  }

  private let ulp = Double(Float.ulpOfOne)

  @Test("e^x within 2 ulp") func powers() {
    #expect(worst(-87.3...88.3, { exponential($0) }, exp) < 2 * ulp)
    #expect(worst(-1...1, { exponential($0) }, exp) < 2 * ulp)
    // The check can fail: a coefficient off in its fifth digit.
    #expect(worst(-1...1, { exponential($0) * 1.000_001 }, exp) > 2 * ulp)
  }

  @Test("e^x at its ends") func exponentialEnds() {
    let x = Lanes(-.infinity, -1e30, -87.4, 0, 88.4, 1e30, .infinity, .nan)
    let y = exponential(x)
    #expect([y[0], y[1], y[2], y[3]] == [0, 0, 0, 1])
    #expect([y[4], y[5], y[6]] == [.infinity, .infinity, .infinity])
    #expect(y[7].isNaN)
  }

  @Test("σ within 4 ulp") func gate() {
    #expect(worst(-80...80, { sigmoid($0) }) { 1 / (1 + exp(-$0)) } < 4 * ulp)
    let y = sigmoid(Lanes(-.infinity, -100, 0, 100, .infinity, .nan, -0.0, 1))
    #expect([y[0], y[1], y[2], y[3], y[4]] == [0, 0, 0.5, 1, 1] && y[5].isNaN)
  }

  @Test("Φ within 2e-7, and within 2e-6 of itself") func normal() {
    func truth(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }
    #expect(worst(-6...6, { normalDistribution($0) }, truth) < 2e-6)
    let absolute = worst(-8...8, { normalDistribution($0) + 1 }) { truth($0) + 1 }
    #expect(absolute < 2e-7)
    let y = normalDistribution(Lanes(-.infinity, -40, 0, 40, .infinity, .nan, 1e20, -1e20))
    #expect([y[0], y[1], y[3], y[4], y[6], y[7]] == [0, 0, 1, 1, 1, 0] && y[5].isNaN)
  }

  @Test("√x is correctly rounded") func root() {
    #expect(worst(1e-30...1e-28, { $0.root }) { $0.squareRoot() } <= ulp / 2)
    #expect(worst(0.25...4, { $0.root }) { $0.squareRoot() } <= ulp / 2)
    let y = Lanes(0, 1, 4, .infinity, .nan, -1, 9, 16).root
    #expect([y[0], y[1], y[2], y[3], y[6], y[7]] == [0, 1, 2, .infinity, 3, 4])
    #expect(y[4].isNaN && y[5].isNaN)
  }

  @Test("sums and maxima take every lane", arguments: 1...19) func reductions(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let a = Table(1, count, from: &generator)
    let held = try Held(a)
    let ours = Double(dot(held.view.base, held.view.base, count))
    #expect(abs(ours - a.weighed(by: a)) < 1e-6)
    var lanes = Lanes(repeating: -1)
    lanes[count % 8] = 5
    #expect(lanes.largest == 5 && lanes.total == -2)
  }
}
