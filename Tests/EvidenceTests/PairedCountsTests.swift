import Evidence
import Foundation
import TestSupport
import Testing

@Suite struct PairedCountsTests {
  /// The statistic of a net loss, with the nuisance found by trying: the gained share whose
  /// likelihood is largest.
  static func statistic(_ counts: PairedCounts, loss: Double) -> Double {
    let n = Double(counts.items)
    let (lost, gained) = (Double(counts.lost), Double(counts.gained))
    func likelihood(_ q: Double) -> Double {
      func part(_ count: Double, _ share: Double) -> Double {
        count == 0 ? 0 : share <= 0 ? -.infinity : count * log(share)
      }
      return part(lost, q + loss) + part(gained, q) + part(n - lost - gained, 1 - loss - 2 * q)
    }
    var (low, high) = (max(0, -loss), (1 - loss) / 2)
    for _ in 0..<300 {
      let (left, right) = (low + (high - low) * 0.382, low + (high - low) * 0.618)
      if likelihood(left) < likelihood(right) { low = left } else { high = right }
    }
    return (lost - gained - n * loss) / (n * (low + high + loss * (1 - loss))).squareRoot()
  }

  @Test(arguments: [
    PairedCounts(lost: 5, gained: 3, items: 200), PairedCounts(lost: 0, gained: 9, items: 80),
    PairedCounts(lost: 12, gained: 12, items: 1_500), PairedCounts(lost: 30, gained: 1, items: 60),
  ])
  func theBoundIsWhereTheScoreIsTheQuantile(_ counts: PairedCounts) {
    let upper = counts.upper(confidence: 0.95)
    let n = Double(counts.items)
    // The half item of continuity, taken out again.
    let plain = PairedCountsTests.statistic(counts, loss: upper)
    let share = 0.5 / (Double(counts.lost - counts.gained) - n * upper)
    #expect(abs(plain * (1 + share) + 1.6448536269514722) < 1e-5)
    #expect(upper > counts.netLoss)
    #expect(counts.lower(confidence: 0.95) < counts.netLoss)
    let mirror = PairedCounts(lost: counts.gained, gained: counts.lost, items: counts.items)
    #expect(mirror.lower(confidence: 0.95) == -upper)
  }

  @Test func nothingFlippedIsNoCertainty() {
    for n in [5, 50, 300, 10_000] {
      let upper = PairedCounts(lost: 0, gained: 0, items: n).upper(confidence: 0.95)
      #expect(upper > 1 - pow(0.05, 1 / Double(n)))
      #expect(upper < min(1, 3.7 / Double(n)))
    }
    #expect(PairedCounts(lost: 4, gained: 0, items: 4).upper(confidence: 0.95) == 1)
  }

  @Test func aThousandItemsThatFlipEvenlyPassBelow37() {
    // `anchors/fourarm.md`: a one-point bound at zero net loss.
    func upper(_ flips: Int) -> Double {
      PairedCounts(lost: flips / 2, gained: flips / 2, items: 1_000).upper(confidence: 0.95)
    }
    #expect(upper(30) <= 0.01)
    #expect(upper(38) > 0.01)
  }

  /// The share of all samples whose bound lies at or under the truth, summed and not drawn.
  static func falseShare(_ n: Int, loss: Double, gained: Double, confidence: Double) -> Double {
    func terms(_ n: Int, _ share: Double, _ end: Int) -> [Double] {
      guard share > 0 else { return [1] + Array(repeating: 0, count: end) }
      var log = Double(n) * Foundation.log1p(-share)
      return (0...end).map { k in
        defer { log += Foundation.log(Double(n - k) / Double(k + 1) * share / (1 - share)) }
        return exp(log)
      }
    }
    func end(_ share: Double) -> Int {
      min(n, Int(Double(n) * share + 9 * (Double(n) * share + 1).squareRoot() + 9))
    }
    let lost = terms(n, gained + loss, end(gained + loss))
    var total = 0.0
    for (b, chance) in lost.enumerated() where chance > 1e-9 {
      let others = terms(n - b, gained / (1 - gained - loss), min(n - b, end(gained)))
      // With more gained the bound falls: the first count from which it lies under the truth.
      var (low, high) = (0, others.count)
      while low < high {
        let middle = (low + high) / 2
        let counts = PairedCounts(lost: b, gained: middle, items: n)
        if counts.upper(confidence: confidence) <= loss { high = middle } else { low = middle + 1 }
      }
      total += chance * others[low...].reduce(0, +)
    }
    return total
  }

  @Test(arguments: [50, 268, 300, 1_500])
  func isHonestWhateverFlips(_ n: Int) {
    for loss in [0.002, 0.01, 0.02, 0.1] {
      for gained in [0, 0.0003, 0.002, 0.01, 0.05, 0.2] {
        #expect(
          PairedCountsTests.falseShare(n, loss: loss, gained: gained, confidence: 0.95) <= 0.05)
      }
    }
    #expect(PairedCountsTests.falseShare(n, loss: 0.02, gained: 0.01, confidence: 0.99) <= 0.01)
  }

  @Test func itsHonestyIsNotBoughtDearly() {
    #expect(PairedCountsTests.falseShare(1_500, loss: 0.01, gained: 0.02, confidence: 0.95) > 0.04)
  }

  /// A mutant: without the half item the promise is broken.
  @Test func withoutContinuityItIsNotHonest() {
    // Nothing flipped among 268 items: the plain bound z²/(n + z²) is just under one point.
    let z = 1.6448536269514722
    #expect(z * z / (268 + z * z) <= 0.01)
    #expect(pow(0.99, 268) > 0.067)
    #expect(PairedCounts(lost: 0, gained: 0, items: 268).upper(confidence: 0.95) > 0.01)
  }

  @Test(arguments: [0.001, 0.02, 0.05, 0.1])
  func aThousandDrawnLogs(_ above: Double) {
    var generator = SeededGenerator(seed: 6)
    let limit = 0.01
    for gained in [0.0, 0.01] {
      var met = 0
      for _ in 0..<1_000 {
        var counts = PairedCounts(lost: 0, gained: 0, items: 1_500)
        for _ in 0..<1_500 {
          let draw = Double.random(in: 0..<1, using: &generator)
          if draw < gained {
            counts.gained += 1
          } else if draw < 2 * gained + limit + above {
            counts.lost += 1
          }
        }
        if counts.upper(confidence: 0.95) <= limit { met += 1 }
      }
      #expect(met <= 50)
    }
  }

  @Test func itemsNeededAreEnoughAndFewerAreNot() throws {
    let none = PairedCounts(lost: 0, gained: 0, items: 50)
    let n = try #require(none.itemsNeeded(limit: 0.01, confidence: 0.95))
    #expect(PairedCounts(lost: 0, gained: 0, items: n).upper(confidence: 0.95) <= 0.01)
    #expect(PairedCounts(lost: 0, gained: 0, items: n - 1).upper(confidence: 0.95) > 0.01)
    let some = PairedCounts(lost: 1, gained: 1, items: 50)
    let more = try #require(some.itemsNeeded(limit: 0.01, confidence: 0.95))
    let times = (more + 49) / 50
    #expect(
      PairedCounts(lost: times, gained: times, items: 50 * times).upper(confidence: 0.95) <= 0.01)
    #expect(more > n)
    #expect(
      PairedCounts(lost: 3, gained: 0, items: 50).itemsNeeded(limit: 0.05, confidence: 0.95) == nil)
  }
}
