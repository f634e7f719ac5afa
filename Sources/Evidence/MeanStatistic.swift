internal import Streams

/// The harmonic mean.
public enum HarmonicMean {
  /// The number of values over the sum of their inverses; 0 where one of them is 0.
  ///
  /// - Precondition: there is a value.
  public static func of(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "a value")
    return Double(values.count) / values.reduce(0) { $0 + 1 / $1 }
  }
}

/// Which items a sample has, drawn one after another.
struct ItemDraws {
  private var random: SplitMix64

  init(name: String) { random = SplitMix64(name: name) }

  /// One of so many items; the bias is below a millionth for fewer than 4,000.
  mutating func next(below count: Int) -> Int {
    Int((UInt64(random.next32()) &* UInt64(count)) >> 32)
  }
}

/// Items of each of which one or more numbers are known.
struct ItemColumns: Sendable {
  /// The items' numbers, item after item.
  let rows: [Double]
  /// Numbers of an item.
  let width: Int
  /// Items.
  let count: Int
  /// The mean of each column.
  let means: [Double]

  init(_ columns: [[Double]]) {
    width = columns.count
    count = columns.first?.count ?? 0
    precondition(columns.allSatisfy { [count] in $0.count == count }, "columns of equal length")
    rows = (0..<count).flatMap { row in columns.map { $0[row] } }
    means = columns.map { [count] in $0.reduce(0, +) / Double(max(count, 1)) }
  }
}

/// A smooth function of the means of columns, over one or more groups of items that are drawn
/// independently of each other.
struct MeanStatistic {
  let groups: [ItemColumns]
  /// The function of all means, group after group.
  let value: ([Double]) -> Double
  /// Its derivative by each of them.
  let gradient: ([Double]) -> [Double]

  init(
    _ groups: [ItemColumns], _ value: @escaping ([Double]) -> Double,
    _ gradient: @escaping ([Double]) -> [Double]
  ) {
    (self.groups, self.value, self.gradient) = (groups, value, gradient)
  }

  /// The means of the items themselves.
  var means: [Double] { groups.flatMap(\.means) }

  /// What single items do to the number, to first order.
  struct Influence {
    /// The variance of the number by the delta method.
    var variance = 0.0
    /// A sixth of the skewness of the number: Efron's acceleration.
    var acceleration = 0.0
    /// Degrees of freedom of the variance (Welch and Satterthwaite).
    var degrees = 0.0
  }

  func influence() -> Influence {
    let slopes = gradient(means)
    var (variance, third, uncertainty) = (0.0, 0.0, 0.0)
    var first = 0
    for group in groups {
      let n = Double(group.count)
      var (second, cubes) = (0.0, 0.0)
      for row in 0..<group.count {
        var move = 0.0
        for column in 0..<group.width {
          move +=
            slopes[first + column]
            * (group.rows[row * group.width + column] - group.means[column])
        }
        second += move * move
        cubes += move * move * move
      }
      first += group.width
      let own = second / (n * n)
      variance += own
      third += cubes / (n * n * n)
      uncertainty += own * own / (n - 1)
    }
    guard variance > 0 else { return Influence() }
    return Influence(
      variance: variance, acceleration: third / (6 * variance * variance.squareRoot()),
      degrees: variance * variance / uncertainty)
  }

  /// The number of a sample: of each group as many items as it has, drawn with replacement.
  func sample(_ random: inout ItemDraws, into means: inout [Double]) -> Double {
    var first = 0
    for group in groups {
      let (count, width) = (group.count, group.width)
      for column in 0..<width { means[first + column] = 0 }
      group.rows.withUnsafeBufferPointer { rows in
        for _ in 0..<count {
          let row = random.next(below: count) &* width
          for column in 0..<width { means[first &+ column] += rows[row &+ column] }
        }
      }
      for column in 0..<width { means[first + column] /= Double(count) }
      first += width
    }
    return value(means)
  }
}
