import Evidence
import TestSupport
import Testing

@Suite struct AreaUnderCurveTests {
  /// Whole numbers, so that some are equal.
  static func scores(_ count: Int, _ range: ClosedRange<Int>, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Double(Int.random(in: range, using: &generator)) }
  }

  static func brute(_ lower: [Double], _ upper: [Double]) -> Double {
    var sum = 0.0
    for one in lower {
      for other in upper { sum += one < other ? 1 : one == other ? 0.5 : 0 }
    }
    return sum / Double(lower.count * upper.count)
  }

  @Test("is the share of pairs in order, equal ones by half") func pairs() {
    for seed in 1...50 {
      let lower = Self.scores(seed, 0...12, seed: UInt64(seed))
      let upper = Self.scores(51 - seed, 3...15, seed: UInt64(100 + seed))
      let area = AreaUnderCurve(lower: lower, upper: upper)
      #expect(abs(area.value - Self.brute(lower, upper)) < 1e-12)
      #expect(abs(AreaUnderCurve(lower: upper, upper: lower).value - (1 - area.value)) < 1e-12)
    }
    #expect(AreaUnderCurve(lower: [1, 1], upper: [1]).value == 0.5)
    #expect(AreaUnderCurve(lower: [-.infinity], upper: [.infinity]).value == 1)
  }

  @Test("its standard error is DeLong's, by hand") func spread() {
    let (lower, upper) = (Self.scores(9, 0...8, seed: 1), Self.scores(7, 2...10, seed: 2))
    let area = AreaUnderCurve(lower: lower, upper: upper)
    let ones = lower.map { Self.brute([$0], upper) - area.value }
    let others = upper.map { Self.brute(lower, [$0]) - area.value }
    let variance =
      ones.reduce(0) { $0 + $1 * $1 } / 81 + others.reduce(0) { $0 + $1 * $1 } / 49
    #expect(abs(area.spread - variance.squareRoot()) < 1e-12)
  }

  @Test("sorts that do not overlap have an interval too") func apart() throws {
    let area = AreaUnderCurve(
      lower: (0..<20).map(Double.init), upper: (20..<50).map(Double.init))
    #expect(area.value == 1 && area.spread == 0)
    let interval = try #require(Bootstrap(name: "a").areaUnderCurve(area))
    #expect(interval.method == .score && interval.upper == 1)
    // The truth at the lower end is just not rejected: its distance is z standard errors.
    let truth = interval.lower
    let spread = 1 + 24 * ((1 - truth) / (2 - truth) + truth / (1 + truth))
    let error = (truth * (1 - truth) * spread / 600).squareRoot()
    #expect(abs((1 - truth) / error - 1.959964) < 1e-4)
    let turned = AreaUnderCurve(lower: area.upper, upper: area.lower).score(confidence: 0.95)
    #expect(turned.lower == 0 && abs(turned.upper - (1 - truth)) < 1e-12)
  }

  @Test("a median is the middle, its ends items or between them") func median() throws {
    #expect(Median([3, 1, 2]).value == 2)
    #expect(Median([4, 1, 2, 3]).value == 2.5)
    // Ten items: 0.9785 between the second and the ninth, 0.8906 between the third and the eighth.
    let interval = try #require(
      Median((1...10).map(Double.init)).interval(confidence: 0.978515625))
    #expect(abs(interval.lower - 2) < 1e-9 && abs(interval.upper - 9) < 1e-9)
    let narrower = try #require(Median((1...10).map(Double.init)).interval(confidence: 0.95))
    let excess = (0.978515625 - 0.95) / (0.978515625 - 0.890625)
    let part = 8 * excess / (2 + 6 * excess)
    #expect(abs(narrower.lower - (2 + part)) < 1e-9)
  }
}
