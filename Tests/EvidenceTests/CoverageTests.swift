import Evidence
import Foundation
import TestSupport
import Testing

/// Of 1,000 drawn samples each 95 % interval that is reported covers the truth in 930 to 970.
@Suite struct CoverageTests {
  /// What items are drawn from, and its mean.
  enum Source: String, CaseIterable {
    case uniform, normal, exponential, halfZero, atEnds

    var mean: Double {
      switch self {
      case .uniform: 0.5
      case .normal: 0.3
      case .exponential: 1
      case .halfZero: 0.25
      case .atEnds: 0.55
      }
    }

    var median: Double {
      switch self {
      case .exponential: log(2)
      default: mean
      }
    }

    /// A number: `halfZero` is zero or uniform, `atEnds` zero, one or uniform, as ROUGE is.
    func draw(_ generator: inout SeededGenerator) -> Double {
      let share = Double.random(in: 0..<1, using: &generator)
      switch self {
      case .uniform: return share
      case .normal: return 0.3 + PairedLossesTests.normal(&generator)
      case .exponential: return -log(1 - share)
      case .halfZero: return share < 0.5 ? 0 : 2 * share - 1
      case .atEnds: return share < 0.3 ? 0 : share < 0.7 ? 1 : (share - 0.7) / 0.3
      }
    }

    func draw(_ count: Int, _ generator: inout SeededGenerator) -> [Double] {
      (0..<count).map { _ in draw(&generator) }
    }
  }

  /// How many of 1,000 intervals cover a truth.
  static func covered(
    _ truth: Double, seed: UInt64,
    _ interval: (_ bootstrap: Bootstrap, _ generator: inout SeededGenerator) -> Interval?
  ) -> Int {
    var generator = SeededGenerator(seed: seed)
    var covered = 0
    for turn in 0..<1_000 {
      guard let interval = interval(Bootstrap(name: "turn \(turn)", samples: 499), &generator)
      else { continue }
      if interval.lower <= truth && truth <= interval.upper { covered += 1 }
    }
    return covered
  }

  static let promise = 930...970

  @Test(arguments: Source.allCases, [30, 100])
  func means(_ source: Source, _ count: Int) {
    let covered = Self.covered(source.mean, seed: 1) { bootstrap, generator in
      bootstrap.mean(source.draw(count, &generator))
    }
    #expect(Self.promise.contains(covered), "\(covered) of 1,000")
  }

  /// Losses of texts of 5 to 200 tokens, where long texts are likelier a token: what the mean loss
  /// of a corpus is made of.
  @Test(arguments: [30, 100]) func ratiosOfSums(_ count: Int) {
    // E[length·(3 - length/200)·noise]/E[length], the noise of mean 1.
    let lengths = (5...200).map(Double.init)
    let truth =
      lengths.reduce(0) { $0 + $1 * (3 - $1 / 200) } / lengths.reduce(0, +)
    let covered = Self.covered(truth, seed: 2) { bootstrap, generator in
      let tokens = (0..<count).map { _ in Double(Int.random(in: 5...200, using: &generator)) }
      let losses = tokens.map {
        $0 * (3 - $0 / 200) * (0.5 + Double.random(in: 0..<1, using: &generator))
      }
      return bootstrap.ratio(losses, over: tokens)
    }
    #expect(Self.promise.contains(covered), "\(covered) of 1,000")
  }

  /// Nine means over three groups, the three of an item going together, as TOFU's model utility.
  @Test(arguments: [[30, 40, 50]]) func harmonicMeans(_ counts: [Int]) {
    let levels = [0.9, 0.5, 0.3]
    let truth = HarmonicMean.of(counts.flatMap { _ in levels.map { $0 / 2 } })
    let covered = Self.covered(truth, seed: 3) { bootstrap, generator in
      bootstrap.harmonicMean(
        counts.map { count in
          let shared = Source.uniform.draw(count, &generator)
          return levels.map { level in
            shared.map { level * ($0 + Double.random(in: 0..<1, using: &generator)) / 2 }
          }
        })
    }
    #expect(Self.promise.contains(covered), "\(covered) of 1,000")
  }

  @Test(arguments: [0.5, 0.7, 0.9], [[40, 40], [100, 60]])
  func areas(_ truth: Double, _ counts: [Int]) {
    // Exponential scores of rates r and 1: P(lower < upper) is r/(r + 1).
    let rate = truth / (1 - truth)
    let covered = Self.covered(truth, seed: 4) { bootstrap, generator in
      // In hundredths, so that some are equal; that hardly moves the truth.
      func score(_ rate: Double) -> Double {
        (Source.exponential.draw(&generator) / rate * 100).rounded()
      }
      return bootstrap.areaUnderCurve(
        AreaUnderCurve(
          lower: (0..<counts[0]).map { _ in score(rate) },
          upper: (0..<counts[1]).map { _ in score(1) }))
    }
    #expect(Self.promise.contains(covered), "\(covered) of 1,000")
  }

  @Test(arguments: [Source.uniform, .normal, .exponential], [10, 25, 60, 201])
  func medians(_ source: Source, _ count: Int) {
    let covered = Self.covered(source.median, seed: 5) { _, generator in
      Median(source.draw(count, &generator)).interval(confidence: 0.95)
    }
    #expect(Self.promise.contains(covered), "\(covered) of 1,000")
  }

  @Test(arguments: [0.05, 0.25, 0.5, 0.95], [100, 480])
  func shares(_ share: Double, _ count: Int) {
    let intervals = (0...count).map { Binomial.midP(successes: $0, of: count, confidence: 0.95) }
    let covered = Self.covered(share, seed: 6) { _, generator in
      intervals[(0..<count).count { _ in Double.random(in: 0..<1, using: &generator) < share }]
    }
    #expect(Self.promise.contains(covered), "\(covered) of 1,000")
  }

  /// No draws: the sum over all counts. For few items whole numbers make teeth, so the average over
  /// the truths is what can be promised.
  @Test(arguments: [20, 30, 50, 100, 200]) func sharesExactly(_ count: Int) {
    let intervals = (0...count).map { Binomial.midP(successes: $0, of: count, confidence: 0.95) }
    var coverages: [Double] = []
    for share in stride(from: 0.05, through: 0.95, by: 0.005) {
      var (covered, below) = (0.0, 0.0)
      for successes in 0...count {
        let upTo = Binomial.cumulative(successes: successes, of: count, share: share)
        let interval = intervals[successes]
        if interval.lower <= share && share <= interval.upper { covered += upTo - below }
        below = upTo
      }
      coverages.append(covered)
    }
    let mean = coverages.reduce(0, +) / Double(coverages.count)
    #expect(mean > 0.945 && mean < 0.965, "\(mean)")
    if count >= 100 {
      #expect(coverages.allSatisfy { $0 > 0.93 && $0 < 0.97 })
    } else {
      #expect(coverages.allSatisfy { $0 > 0.92 })
    }
  }

  /// The plain quantiles, which are told by everybody, keep no promise: the test above would see
  /// it.
  @Test func plainQuantilesCoverTooLittle() {
    let covered = Self.covered(1, seed: 7) { bootstrap, generator in
      let values = Source.exponential.draw(15, &generator)
      var means: [Double] = []
      for _ in 0..<199 {
        means.append(
          (0..<15).reduce(0) { sum, _ in sum + values[Int.random(in: 0..<15, using: &generator)] }
            / 15)
      }
      means.sort()
      return Interval(
        lower: means[4], upper: means[194], confidence: 0.95, method: .bootstrap)
    }
    #expect(covered < 930, "\(covered) of 1,000")
  }
}
