/// The exact test of Kolmogorov and Smirnov: whether two samples may come from one distribution.
///
/// D is the largest distance between the distribution functions of the two samples. The p-value is
/// the share of all orders of their values, each as likely where there is one continuous
/// distribution, that have a D at least as large. Equal values are taken as they stand: p is then
/// larger than the truth, never smaller.
///
/// An order is a path of unit steps from (0, 0) to (m, n), and D is reached where the path leaves a
/// band around the diagonal. Hodges, "The significance probability of the Smirnov two-sample test",
/// Arkiv för Matematik 3 (1958).
public struct KolmogorovSmirnov: Sendable, Equatable {
  /// D in steps of one over the least common multiple of the two sizes, which makes it whole.
  public let steps: Int
  /// D, from 0 to 1.
  public let distance: Double
  /// The probability of a distance at least as large.
  public let pValue: Double

  /// Compares two samples, in any order.
  ///
  /// - Precondition: each has a value, and none is NaN.
  public init(_ first: [Double], _ second: [Double]) {
    precondition(!first.isEmpty && !second.isEmpty, "two samples with a value each")
    precondition(!first.contains(where: \.isNaN) && !second.contains(where: \.isNaN), "numbers")
    let (first, second) = (first.sorted(), second.sorted())
    let scale = Scale(first.count, second.count)
    var (i, j, steps) = (0, 0, 0)
    while i < first.count && j < second.count {
      // Behind all values that are equal to the smaller of the two.
      let value = min(first[i], second[j])
      while i < first.count && first[i] == value { i += 1 }
      while j < second.count && second[j] == value { j += 1 }
      steps = max(steps, scale.distance(i, j))
    }
    self.steps = steps
    distance = Double(steps) / Double(scale.unit)
    pValue = KolmogorovSmirnov.pValue(steps: steps, first.count, second.count)
  }

  /// The probability that samples of m and n values are at least so many steps apart.
  ///
  /// The share of the paths to a point that left the band on their way is the mean of those of the
  /// two points before it, weighted by the paths through each. Only positive numbers are added, so
  /// also the smallest share has all its digits, down to 1e-300. It takes m·n additions.
  ///
  /// - Parameter steps: the distance in steps of one over the least common multiple of m and n.
  /// - Precondition: steps ≥ 0, m ≥ 1 and n ≥ 1.
  public static func pValue(steps: Int, _ m: Int, _ n: Int) -> Double {
    precondition(steps >= 0 && m >= 1 && n >= 1, "a distance between two samples")
    guard steps > 0 else { return 1 }
    let scale = Scale(m, n)
    var left = Array(repeating: 0.0, count: n + 1)
    for i in 0...m {
      for j in 0...n {
        if scale.distance(i, j) >= steps {
          left[j] = 1
        } else if i + j > 0 {
          let through = Double(i) * left[j] + (j > 0 ? Double(j) * left[j - 1] : 0)
          left[j] = through / Double(i + j)
        }
      }
    }
    return left[n]
  }

  /// What makes distances between shares of m and of n whole.
  private struct Scale {
    let first: Int
    let second: Int
    /// The least common multiple of m and n.
    let unit: Int

    init(_ m: Int, _ n: Int) {
      var (a, b) = (m, n)
      while b != 0 { (a, b) = (b, a % b) }
      (first, second, unit) = (n / a, m / a, m / a * n)
    }

    /// |i/m - j/n| in steps.
    func distance(_ i: Int, _ j: Int) -> Int { abs(i * first - j * second) }
  }
}
