import Evidence
import Foundation
import TestSupport
import Testing

@Suite struct BinomialTests {
  /// P(X ≤ k) by adding up the terms of the binomial distribution.
  static func sum(_ successes: Int, of n: Int, share: Double) -> Double {
    guard successes >= 0 else { return 0 }
    var total = 0.0
    for k in 0...successes {
      var term = 1.0
      // C(n, k) pᵏ (1 - p)ⁿ⁻ᵏ, factor by factor so that nothing overflows.
      var left = n - k
      for index in 0..<k {
        term *= Double(n - index) / Double(index + 1) * share
        while term > 1, left > 0 {
          term *= 1 - share
          left -= 1
        }
      }
      total += term * pow(1 - share, Double(left))
    }
    return total
  }

  /// Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine
  /// 17 (1998), table I: the Clopper–Pearson intervals at 95 %.
  @Test(arguments: [
    (81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0, 0.1684),
    (1, 29, 0.0009, 0.1776),
  ])
  func agreesWithPublishedIntervals(
    _ successes: Int, _ n: Int, _ lower: Double, _ upper: Double
  ) {
    let interval = Binomial.interval(successes: successes, of: n, confidence: 0.95)
    #expect(abs(interval.lowerBound - lower) < 5.1e-5)
    #expect(abs(interval.upperBound - upper) < 5.1e-5)
  }

  @Test func theBoundIsWhereTheSumIsTheRest() {
    for (n, confidence) in [(1, 0.95), (7, 0.9), (50, 0.95), (480, 0.95), (480, 0.99)] {
      for successes in stride(from: 0, to: n, by: max(1, n / 9)) {
        let upper = Binomial.upper(successes: successes, of: n, confidence: confidence)
        #expect(
          abs(BinomialTests.sum(successes, of: n, share: upper) - (1 - confidence)) < 1e-11)
        let lower = Binomial.lower(successes: successes + 1, of: n, confidence: confidence)
        #expect(
          abs(1 - BinomialTests.sum(successes, of: n, share: lower) - (1 - confidence)) < 1e-11)
      }
    }
    #expect(Binomial.upper(successes: 5, of: 5, confidence: 0.95) == 1)
    #expect(Binomial.lower(successes: 0, of: 5, confidence: 0.95) == 0)
    // The rule of three, exactly.
    #expect(
      abs(Binomial.upper(successes: 0, of: 300, confidence: 0.95) - (1 - pow(0.05, 1 / 300.0)))
        < 1e-14)
  }

  @Test func cumulativeIsTheSum() {
    for share in [0, 0.001, 0.25, 0.5, 0.93, 1] {
      for successes in -1...40 {
        let sum = BinomialTests.sum(min(successes, 40), of: 40, share: share)
        #expect(abs(Binomial.cumulative(successes: successes, of: 40, share: share) - sum) < 1e-12)
      }
    }
  }

  /// The counts that `anchors/fourarm.md` states.
  @Test(arguments: [(400, 123), (480, 150), (1_000, 324)])
  func mostSuccessesUnderALimit(_ n: Int, _ most: Int) {
    #expect(Binomial.mostSuccesses(of: n, limit: 0.35, confidence: 0.95) == most)
    #expect(Binomial.upper(successes: most, of: n, confidence: 0.95) <= 0.35)
    #expect(Binomial.upper(successes: most + 1, of: n, confidence: 0.95) > 0.35)
  }

  @Test func noSuccessMayBeTooMany() {
    #expect(Binomial.mostSuccesses(of: 50, limit: 0.01, confidence: 0.95) == nil)
    #expect(Binomial.mostSuccesses(of: 7, limit: 1, confidence: 0.95) == 7)
  }

  /// Whatever the truth above the limit is, the bound lies at or under it in at most 5 % of logs:
  /// summed over all logs, not drawn.
  @Test(arguments: [50, 480, 1_000])
  func isHonestForEveryTruth(_ n: Int) throws {
    for limit in [0.05, 0.2, 0.35, 0.6] {
      guard let most = Binomial.mostSuccesses(of: n, limit: limit, confidence: 0.95) else {
        continue
      }
      for above in [1e-9, 0.001, 0.02, 0.05, 0.1] {
        #expect(BinomialTests.sum(most, of: n, share: limit + above) <= 0.05)
      }
      // And it does not give away more than one item makes.
      #expect(BinomialTests.sum(most + 1, of: n, share: limit) > 0.05)
    }
  }

  @Test func itemsNeededAreEnoughAndFewerAreNot() throws {
    for share in [0.0, 0.1, 0.25, 0.3, 0.33] {
      let n = try #require(Binomial.itemsNeeded(share: share, limit: 0.35, confidence: 0.95))
      func bound(_ n: Int) -> Double {
        Binomial.upper(
          successes: Int((share * Double(n)).rounded(.up)), of: n, confidence: 0.95)
      }
      #expect(bound(n) <= 0.35)
      #expect(bound(n - 1) > 0.35)
    }
    #expect(Binomial.itemsNeeded(share: 0.35, limit: 0.35, confidence: 0.95) == nil)
    #expect(Binomial.itemsNeeded(share: 0.4, limit: 0.35, confidence: 0.95) == nil)
  }
}
