internal import Foundation

/// What losses do with one row of logits `[V]`, where it stands.
///
/// A row is the work of one worker, and sums are taken in a fixed order: the bits do not depend on
/// the number of workers.
public enum LogitRow {
  /// The scale of a row of powers: e^(z − largest) sums to `sum`.
  public struct Scale: Sendable, Equatable {
    /// The largest logit.
    public let largest: Double
    /// Σ_v e^(z_v − largest), at least 1.
    public let sum: Double
    /// log Σ_v e^(z_v).
    public var logSumExp: Double { largest + log(sum) }
  }

  /// Replaces each logit z by e^(z − the largest), within 2 ulp of that of the
  /// difference in Float.
  ///
  /// - Parameters:
  ///   - row: V logits.
  ///   - count: V, at least 1.
  public static func exponentiate(_ row: UnsafeMutablePointer<Float>, _ count: Int) -> Scale {
    precondition(count > 0, "a row of logits")
    let largest = self.largest(row, count)
    var sum = 0.0
    // Sums of 2,048 in Float, these in Double, as in ``CrossEntropy``.
    for index in 0..<pieces(count, of: 2_048) {
      let part = piece(index, of: 2_048, in: count)
      var lanesSum = Lanes.zero
      @_transparent func power(_ offset: Int, _ width: Int) {
        let place = row + part.lowerBound + offset
        let powers = exponential(Lanes(place, width, fill: -.infinity) - largest)
        lanesSum += powers
        powers.store(place, width)
      }
      forLanes(part.count, power)
      sum += Double(lanesSum.total)
    }
    return Scale(largest: Double(largest), sum: sum)
  }

  /// The same, and Σ_v e^(z_v − largest) (z_v − c_v), c the logits of another row, or the largest
  /// logit for each v: the expectation under softmax z of z − c, once it is divided by the sum.
  ///
  /// A logit of −∞ has no part in either. Each difference is taken before it is multiplied, so that
  /// two rows that are nearly the same lose nothing.
  public static func exponentiate(
    _ row: UnsafeMutablePointer<Float>, _ count: Int, weighing other: UnsafePointer<Float>?
  ) -> (scale: Scale, expectation: Double) {
    precondition(count > 0, "a row of logits")
    let largest = self.largest(row, count)
    var (sum, weighed) = (0.0, 0.0)
    for index in 0..<pieces(count, of: 256) {
      let part = piece(index, of: 256, in: count)
      var (lanesSum, lanesWeighed) = (Lanes.zero, Lanes.zero)
      @_transparent func power(_ offset: Int, _ width: Int) {
        let place = part.lowerBound + offset
        let logits = Lanes(row + place, width, fill: -.infinity)
        let powers = exponential(logits - largest)
        let subtracted = other.map { Lanes($0 + place, width) } ?? Lanes(repeating: largest)
        var terms = powers * (logits - subtracted)
        terms.replace(with: Lanes.zero, where: powers .== Lanes.zero)
        lanesSum += powers
        lanesWeighed += terms
        powers.store(row + place, width)
      }
      forLanes(part.count, power)
      sum += Double(lanesSum.total)
      weighed += Double(lanesWeighed.total)
    }
    return (Scale(largest: Double(largest), sum: sum), weighed)
  }

  /// Σ a·b over `count` floats, in Double.
  public static func dot(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int
  ) -> Double {
    total(count) { Double(a[$0]) * Double(b[$0]) }
  }

  /// Σ a over `count` floats, in Double.
  public static func sum(_ a: UnsafePointer<Float>, _ count: Int) -> Double {
    total(count) { Double(a[$0]) }
  }

  /// The place of the largest float, the first where there are several.
  public static func place(ofLargest a: UnsafePointer<Float>, _ count: Int) -> Int {
    precondition(count > 0, "a row of logits")
    let largest = self.largest(a, count)
    for place in 0..<count where a[place] == largest { return place }
    return 0
  }

  /// y = a · y + b · x over `count` floats.
  public static func combine(
    _ y: UnsafeMutablePointer<Float>, times a: Float, plus x: UnsafePointer<Float>, times b: Float,
    _ count: Int
  ) {
    forLanes(count) { offset, width in
      (Lanes(y + offset, width) * a).plus(
        Lanes(x + offset, width), times: Lanes(repeating: b)
      ).store(y + offset, width)
    }
  }

  /// y = a · y + b over `count` floats.
  public static func combine(
    _ y: UnsafeMutablePointer<Float>, times a: Float, plus b: Float, _ count: Int
  ) {
    forLanes(count) { offset, width in
      Lanes(repeating: b).plus(Lanes(y + offset, width), times: Lanes(repeating: a))
        .store(y + offset, width)
    }
  }

  private static func largest(_ row: UnsafePointer<Float>, _ count: Int) -> Float {
    var most = Lanes(repeating: -.infinity)
    forLanes(count) { offset, width in
      let logits = Lanes(row + offset, width, fill: -.infinity)
      most.replace(with: logits, where: logits .> most)
    }
    return most.largest
  }

  /// Four sums side by side: an addition need not wait for the one before.
  @inline(__always)
  private static func total(_ count: Int, _ term: (Int) -> Double) -> Double {
    var sums = SIMD4<Double>.zero
    var index = 0
    while index &+ 4 <= count {
      sums += SIMD4(term(index), term(index &+ 1), term(index &+ 2), term(index &+ 3))
      index &+= 4
    }
    while index < count {
      sums[0] += term(index)
      index &+= 1
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3])
  }
}
