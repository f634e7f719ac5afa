internal import Foundation

/// The area under the receiver operating characteristic: how often one of the `upper` items is
/// above one of the `lower` ones, an equal pair counting half.
///
/// It is Mann and Whitney's U over all pairs: 0.5 where the sorts cannot be told apart, 1 where all
/// of the upper ones are above.
public struct AreaUnderCurve: Sendable {
  /// The scores of the sort that should be below, sorted.
  public let lower: [Double]
  /// The scores of the sort that should be above, sorted.
  public let upper: [Double]
  /// The area, from 0 to 1.
  public let value: Double
  /// For each run of equal scores how many of either sort it has.
  private let runs: [(lower: Int, upper: Int)]
  /// The run that each item of either sort is in.
  private let runOfLower: [Int]
  private let runOfUpper: [Int]

  /// The area between two sorts of items.
  ///
  /// - Precondition: each has an item, and no score is NaN.
  public init(lower: [Double], upper: [Double]) {
    precondition(!lower.isEmpty && !upper.isEmpty, "items of both sorts")
    precondition(lower.allSatisfy { !$0.isNaN } && upper.allSatisfy { !$0.isNaN }, "scores")
    self.lower = lower.sorted()
    self.upper = upper.sorted()
    var runs: [(lower: Int, upper: Int)] = []
    var (left, right) = (self.lower[...], self.upper[...])
    while let score = [left.first, right.first].compactMap(\.self).min() {
      let (one, other) = (left.prefix { $0 == score }.count, right.prefix { $0 == score }.count)
      runs.append((one, other))
      (left, right) = (left.dropFirst(one), right.dropFirst(other))
    }
    self.runs = runs
    runOfLower = runs.enumerated().flatMap { Array(repeating: $0, count: $1.lower) }
    runOfUpper = runs.enumerated().flatMap { Array(repeating: $0, count: $1.upper) }
    value =
      AreaUnderCurve.pairs(runs.map { (Double($0.lower), Double($0.upper)) })
      / (Double(lower.count) * Double(upper.count))
  }

  /// Pairs that are ordered as they should be, equal ones by half.
  private static func pairs(_ runs: [(Double, Double)]) -> Double {
    var (sum, below) = (0.0, 0.0)
    for (lower, upper) in runs {
      sum += upper * (below + lower / 2)
      below += lower
    }
    return sum
  }

  // MARK: - Spread

  /// What single items do to the area (DeLong, DeLong and Clarke-Pearson: "Comparing the areas
  /// under two or more correlated receiver operating characteristic curves", Biometrics 44, 1988):
  /// the sums of squares and cubes over either sort, divided by the squares and cubes of its size.
  private var moments: (second: Double, third: Double) {
    let (m, n) = (Double(lower.count), Double(upper.count))
    var (second, third) = (0.0, 0.0)
    var (belowLower, belowUpper) = (0.0, 0.0)
    for run in runs {
      let (one, other) = (Double(run.lower), Double(run.upper))
      // A lower item: the share of upper ones above it; an upper one: of lower ones below it.
      let ofLower = (n - belowUpper - other / 2) / n - value
      let ofUpper = (belowLower + one / 2) / m - value
      second += one * ofLower * ofLower / (m * m) + other * ofUpper * ofUpper / (n * n)
      third +=
        one * ofLower * ofLower * ofLower / (m * m * m)
        + other * ofUpper * ofUpper * ofUpper / (n * n * n)
      belowLower += one
      belowUpper += other
    }
    return (second, third)
  }

  /// The standard error of the area; 0 where the sorts do not overlap.
  public var spread: Double { moments.second.squareRoot() }

  /// A sixth of the skewness of the area: Efron's acceleration.
  var acceleration: Double {
    let (second, third) = moments
    return third / (6 * second * second.squareRoot())
  }

  /// The area of a sample: of either sort as many items as it has, drawn with replacement.
  func sample(_ random: inout ItemDraws) -> Double {
    func counts(_ size: Int, _ run: (Int) -> Int) -> [Double] {
      var counts = Array(repeating: 0.0, count: runs.count)
      for _ in 0..<size { counts[run(random.next(below: size))] += 1 }
      return counts
    }
    let ones = counts(lower.count) { runOfLower[$0] }
    let others = counts(upper.count) { runOfUpper[$0] }
    return AreaUnderCurve.pairs(Array(zip(ones, others)))
      / (Double(lower.count) * Double(upper.count))
  }
  // MARK: - Without overlap

  /// The truths that Newcombe's score test does not reject: an interval also where the sorts do not
  /// overlap, and the items show no spread.
  ///
  /// Method 5 of "Confidence intervals for an effect size measure based on the Mann-Whitney
  /// statistic, part 2", Statistics in Medicine 25 (2006): the variance that Hanley and McNeil have
  /// for exponential scores, at the truth in question, with the mean of the two sizes.
  ///
  /// - Precondition: 0 < confidence < 1.
  public func score(confidence: Double) -> Interval {
    let z = Quantiles.normal((1 + confidence) / 2)
    let (m, n) = (Double(lower.count), Double(upper.count))
    let extra = (m + n) / 2 - 1
    func isRejected(_ truth: Double) -> Bool {
      let spread = 1 + extra * ((1 - truth) / (2 - truth) + truth / (1 + truth))
      let distance = value - truth
      return distance * distance > z * z * truth * (1 - truth) * spread / (m * n)
    }
    // Rejected below the lower end and above the upper one.
    let lowest =
      value == 0 ? 0 : 1 - IncompleteBeta.first(in: (1 - value)...1) { isRejected(1 - $0) }
    let highest = value == 1 ? 1 : IncompleteBeta.first(in: value...1, isRejected)
    return Interval(lower: lowest, upper: highest, confidence: confidence, method: .score)
  }
}
