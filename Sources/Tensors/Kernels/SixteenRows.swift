internal import CLanes

/// Products of 9 to 16 rows, as decoding of a batch has them: y = x · wᵀ with x turned, so that one
/// factor of w meets the same column of all rows, which are two registers. No sum runs across a
/// register, and w is read once, straight from memory.
enum SixteenRows {
  /// The rows that a product may have; those that are missing are computed as zeros.
  static let rows = 9...16
  static let height = 16

  /// Terms that are summed before they are added to the others: x of these stays in the nearest
  /// cache, and a long sum loses less.
  private static let terms = 512

  /// Floats that x takes when it is turned.
  static func floats(_ k: Int) -> Int { (k + 7) / 8 * 8 * height }

  /// Columns of a tile: 32 KiB of weights or more, whole groups of six and blocks of eight.
  static func columns(_ k: Int) -> Int { max(24, 8_192 / max(k, 1) / 24 * 24) }

  /// Writes x `[m, k]` as `[k, 16]`.
  ///
  /// - Parameter target: room for `floats(k)` floats.
  /// - Returns: `target`.
  static func pack(
    _ x: UnsafePointer<Float>, ldx: Int, m: Int, k: Int,
    into target: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    precondition(rows.contains(m), "9 to 16 rows")
    let whole = k & ~7
    for first in [0, 8] {
      var term = 0
      while term < whole {
        cordon_turn(
          x + (first * ldx &+ term), ldx, m &- first, target + (term * height &+ first), height)
        term &+= 8
      }
    }
    for term in whole..<k {
      for row in 0..<height {
        target[term * height + row] = row < m ? x[row * ldx + term] : 0
      }
    }
    return UnsafePointer(target)
  }

  /// y `[m, n]` = x · wᵀ (+ y), x packed, w `[n, k]`.
  ///
  /// - Parameter sums: room for `n · 16` floats.
  static func timesTransposed(
    _ packed: UnsafePointer<Float>, _ w: UnsafePointer<Float>, ldw: Int,
    into y: UnsafeMutablePointer<Float>, ldy: Int, m: Int, n: Int, k: Int, adding: Bool,
    sums: UnsafeMutablePointer<Float>
  ) {
    var first = 0
    repeat {
      let count = min(terms, k &- first)
      let x = packed + first * height
      var column = 0
      while column &+ 6 <= n {
        sixColumns(
          x, w + (column * ldw &+ first), ldw, count, sums + column * height, adding: first > 0)
        column &+= 6
      }
      while column < n {
        oneColumn(
          x, w + (column * ldw &+ first), count, sums + column * height, adding: first > 0)
        column &+= 1
      }
      first &+= count
    } while first < k
    unpack(sums, into: y, ldy, m, n, adding)
  }

  /// The sums `[n, 16]` as rows of y.
  private static func unpack(
    _ sums: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ ldy: Int, _ m: Int,
    _ n: Int, _ adding: Bool
  ) {
    var column = 0
    if m == height && !adding {
      while column &+ 8 <= n {
        let from = sums + column * height
        cordon_turn(from, height, 8, y + column, ldy)
        cordon_turn(from + 8, height, 8, y + (8 * ldy &+ column), ldy)
        column &+= 8
      }
    }
    for row in 0..<m {
      let to = y + row * ldy
      for column in column..<n {
        let sum = sums[column * height &+ row]
        to[column] = adding ? to[column] + sum : sum
      }
    }
  }

  /// Six columns of y: twelve sums in registers, each factor of w used twice.
  @inline(__always)
  private static func sixColumns(
    _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ ldw: Int, _ count: Int,
    _ sums: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    var (a0, a1, a2) = (Lanes.zero, Lanes.zero, Lanes.zero)
    var (a3, a4, a5) = (a0, a0, a0)
    var (b0, b1, b2, b3, b4, b5) = (a0, a0, a0, a0, a0, a0)
    var (x, w, other) = (x, w, w + 3 * ldw)
    let end = w + count
    while w < end {
      let (low, high) = (Lanes(x, 8), Lanes(x + 8, 8))
      let w0 = Lanes(repeating: w[0])
      a0 = a0.plus(low, times: w0)
      b0 = b0.plus(high, times: w0)
      let w1 = Lanes(repeating: w[ldw])
      a1 = a1.plus(low, times: w1)
      b1 = b1.plus(high, times: w1)
      let w2 = Lanes(repeating: w[2 &* ldw])
      a2 = a2.plus(low, times: w2)
      b2 = b2.plus(high, times: w2)
      let w3 = Lanes(repeating: other[0])
      a3 = a3.plus(low, times: w3)
      b3 = b3.plus(high, times: w3)
      let w4 = Lanes(repeating: other[ldw])
      a4 = a4.plus(low, times: w4)
      b4 = b4.plus(high, times: w4)
      let w5 = Lanes(repeating: other[2 &* ldw])
      a5 = a5.plus(low, times: w5)
      b5 = b5.plus(high, times: w5)
      x += height
      w += 1
      other += 1
    }
    put(a0, b0, sums, adding)
    put(a1, b1, sums + 16, adding)
    put(a2, b2, sums + 32, adding)
    put(a3, b3, sums + 48, adding)
    put(a4, b4, sums + 64, adding)
    put(a5, b5, sums + 80, adding)
  }

  /// One column of y, where six are not left.
  private static func oneColumn(
    _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ count: Int,
    _ sums: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    var (a, b) = (Lanes.zero, Lanes.zero)
    for term in 0..<count {
      let factor = Lanes(repeating: w[term])
      a = a.plus(Lanes(x + term * height, 8), times: factor)
      b = b.plus(Lanes(x + (term * height &+ 8), 8), times: factor)
    }
    put(a, b, sums, adding)
  }

  @inline(__always)
  private static func put(
    _ low: Lanes, _ high: Lanes, _ place: UnsafeMutablePointer<Float>, _ adding: Bool
  ) {
    (adding ? Lanes(place, 8) + low : low).store(place, 8)
    (adding ? Lanes(place + 8, 8) + high : high).store(place + 8, 8)
  }
}
