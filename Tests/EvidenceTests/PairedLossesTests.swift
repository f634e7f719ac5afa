import Evidence
import Foundation
import TestSupport
import Testing

@Suite struct PairedLossesTests {
  typealias Item = PairedLosses.Item

  static func normal(_ generator: inout SeededGenerator) -> Double {
    let radius = -2 * log(Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator))
    return radius.squareRoot() * cos(2 * .pi * Double.random(in: 0..<1, using: &generator))
  }

  /// Texts whose true rise is `rise`: lengths and losses vary, and the change of a text has the
  /// given skewness (a text in twenty bears most of it).
  static func draw(
    _ count: Int, rise: Double, isSkewed: Bool, _ generator: inout SeededGenerator
  ) -> PairedLosses {
    PairedLosses(
      (0..<count).map { _ in
        let tokens = Int.random(in: 6...14, using: &generator)
        let before = Double(tokens) * exp(0.8 + 0.3 * normal(&generator))
        let share =
          isSkewed
          ? (Double.random(in: 0..<1, using: &generator) < 0.05 ? 0.4 : -0.01) - 0.0105
          : 0.05 * normal(&generator)
        return Item(before: before, after: before * (1 + rise + share), tokens: tokens)
      })
  }

  @Test func agreesWithStudentsIntervalOfEqualTexts() {
    // Equal losses before make the ratio a mean: its bound is m + t·s/√n, here by hand.
    let rises = [0.01, 0.03, -0.02, 0.00, 0.02]
    let losses = PairedLosses(rises.map { Item(before: 20, after: 20 * (1 + $0), tokens: 10) })
    #expect(abs(losses.rise - 0.008) < 1e-12)
    #expect(abs(losses.before - 2) < 1e-12)
    let deviation = (rises.reduce(0) { $0 + ($1 - 0.008) * ($1 - 0.008) } / 4).squareRoot()
    let upper = 0.008 + 2.13184678632665 * deviation / 5.0.squareRoot()
    // The skewness is negative, so Student's bound is the larger one.
    #expect(abs(losses.upper(confidence: 0.95) - upper) < 1e-9)
    #expect(losses.lower(confidence: 0.95) < 0.008)
  }

  @Test func nothingChangedIsNoRise() {
    let same = (1...20).map { Item(before: Double($0), after: Double($0), tokens: 3) }
    let losses = PairedLosses(same)
    #expect(losses.rise == 0)
    #expect(abs(losses.upper(confidence: 0.95)) < 1e-9)
  }

  @Test func oneTextSaysNothing() {
    let losses = PairedLosses([Item(before: 3, after: 3, tokens: 1)])
    #expect(losses.upper(confidence: 0.95) == .infinity)
    #expect(losses.lower(confidence: 0.95) == -.infinity)
  }

  @Test(arguments: [0.001, 0.02, 0.05, 0.1], [false, true])
  func aThousandDrawnLogs(_ above: Double, _ isSkewed: Bool) {
    var generator = SeededGenerator(seed: 8)
    for count in [60, 400] {
      var met = 0
      for _ in 0..<1_000 {
        let losses = PairedLossesTests.draw(
          count, rise: 0.01 + above, isSkewed: isSkewed, &generator)
        if losses.upper(confidence: 0.95) <= 0.01 { met += 1 }
      }
      #expect(met <= 50, "\(met) of 1,000 logs of \(count) texts")
    }
  }

  @Test func itemsNeededAreAboutEnough() throws {
    // Rises of -2, -1, 0, 1 and 2 points around 0.4, thirty texts.
    let few = PairedLosses(
      (0..<30).map { Item(before: 10, after: 10.04 + 0.2 * Double($0 % 5 - 2), tokens: 5) })
    #expect(few.upper(confidence: 0.95) > 0.01)
    let n = try #require(few.itemsNeeded(limit: 0.01, confidence: 0.95))
    let times = Double(n) / 30
    let many = PairedLosses(
      Array(repeating: few.items, count: Int(times.rounded(.up))).flatMap(\.self))
    #expect(many.upper(confidence: 0.95) <= 0.0101)
    let some = PairedLosses(
      Array(repeating: few.items, count: max(1, Int(times * 0.8))).flatMap(\.self))
    #expect(some.upper(confidence: 0.95) > 0.01)
    let worse = PairedLosses(few.items.map { Item(before: 1, after: 1.02, tokens: $0.tokens) })
    #expect(worse.itemsNeeded(limit: 0.01, confidence: 0.95) == nil)
  }
}
