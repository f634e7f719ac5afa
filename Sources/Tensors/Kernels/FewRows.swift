/// Products with few rows, as decoding has them: the weights are read once, straight from memory,
/// where BLAS would first copy them into its own order.
enum FewRows {
  /// Products with at most this many rows are computed here.
  static let limit = 16

  /// y `[m, n]` = scale · x · wᵀ (+ y), x `[m, k]`, w `[n, k]`.
  ///
  /// Two rows of w against four of x at a time: eight sums in registers. What is left of x goes
  /// alone, along one row of w: a single stream is what the memory is fastest with.
  static func timesTransposed(
    _ x: UnsafePointer<Float>, ldx: Int, _ w: UnsafePointer<Float>, ldw: Int,
    into y: UnsafeMutablePointer<Float>, ldy: Int, m: Int, n: Int, k: Int, scale: Float,
    adding: Bool
  ) {
    let inFours = m & ~3
    var column = 0
    while column < n {
      let paired = column &+ 2 <= n
      var row = paired ? 0 : inFours
      while row < inFours {
        let (first, second) = fourByTwo(x + row * ldx, ldx, w + column * ldw, ldw, k)
        for lane in 0..<4 {
          let place = y + ((row &+ lane) * ldy &+ column)
          put(first[lane] * scale, at: place, adding)
          put(second[lane] * scale, at: place + 1, adding)
        }
        row &+= 4
      }
      for column in column..<(paired ? column &+ 2 : column &+ 1) {
        for row in (paired ? inFours : 0)..<m {
          let sum = longDot(x + row * ldx, w + column * ldw, k)
          put(sum * scale, at: y + (row * ldy &+ column), adding)
        }
      }
      column &+= 2
    }
  }

  @inline(__always)
  private static func put(_ value: Float, at place: UnsafeMutablePointer<Float>, _ adding: Bool) {
    place.pointee = adding ? place.pointee + value : value
  }

  /// Four rows of x by two of w: the sums with the first and those with the second.
  @inline(__always)
  private static func fourByTwo(
    _ x: UnsafePointer<Float>, _ ldx: Int, _ w: UnsafePointer<Float>, _ ldw: Int, _ k: Int
  ) -> (SIMD4<Float>, SIMD4<Float>) {
    var (a0, a1, a2, a3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var (b0, b1, b2, b3) = (a0, a1, a2, a3)
    @_transparent func step(_ offset: Int, _ width: Int) {
      let (w0, w1) = (Lanes(w + offset, width), Lanes(w + ldw + offset, width))
      let x0 = Lanes(x + offset, width)
      a0 = a0.plus(x0, times: w0)
      b0 = b0.plus(x0, times: w1)
      let x1 = Lanes(x + ldx + offset, width)
      a1 = a1.plus(x1, times: w0)
      b1 = b1.plus(x1, times: w1)
      let x2 = Lanes(x + 2 * ldx + offset, width)
      a2 = a2.plus(x2, times: w0)
      b2 = b2.plus(x2, times: w1)
      let x3 = Lanes(x + 3 * ldx + offset, width)
      a3 = a3.plus(x3, times: w0)
      b3 = b3.plus(x3, times: w1)
    }
    forLanes(k, step)
    return (
      SIMD4(a0.total, a1.total, a2.total, a3.total),
      SIMD4(b0.total, b1.total, b2.total, b3.total)
    )
  }

  /// Σ x·w with four sums, one stream of w.
  @inline(__always)
  private static func longDot(
    _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ k: Int
  ) -> Float {
    var (a, b, c, d) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var offset = 0
    while offset &+ 32 <= k {
      a = a.plus(Lanes(x + offset, 8), times: Lanes(w + offset, 8))
      b = b.plus(Lanes(x + offset + 8, 8), times: Lanes(w + offset + 8, 8))
      c = c.plus(Lanes(x + offset + 16, 8), times: Lanes(w + offset + 16, 8))
      d = d.plus(Lanes(x + offset + 24, 8), times: Lanes(w + offset + 24, 8))
      offset &+= 32
    }
    return ((a + b) + (c + d)).total + dot(x + offset, w + offset, k &- offset)
  }

  @inline(__always)
  private static func put(
    _ eight: Lanes, at place: UnsafeMutablePointer<Float>, _ adding: Bool
  ) {
    (adding ? Lanes(place, 8) + eight : eight).store(place, 8)
  }

  /// y `[m, n]` = x · w (+ y), x `[m, k]`, w `[k, n]`: four rows of y, two registers of each, at a
  /// time; what is left of the rows one by one.
  static func times(
    _ x: UnsafePointer<Float>, ldx: Int, _ w: UnsafePointer<Float>, ldw: Int,
    into y: UnsafeMutablePointer<Float>, ldy: Int, m: Int, n: Int, k: Int, adding: Bool
  ) {
    let inFours = m & ~3
    var row = 0
    while row < inFours {
      var column = 0
      while column &+ 16 <= n {
        fourRows(
          x + row * ldx, ldx, w + column, ldw, y + (row * ldy &+ column), ldy, k, adding)
        column &+= 16
      }
      for row in row..<(row &+ 4) {
        oneRow(x + row * ldx, w + column, ldw, y + (row * ldy &+ column), n &- column, k, adding)
      }
      row &+= 4
    }
    while row < m {
      oneRow(x + row * ldx, w, ldw, y + row * ldy, n, k, adding)
      row &+= 1
    }
  }

  /// Sixteen columns of four rows.
  private static func fourRows(
    _ x: UnsafePointer<Float>, _ ldx: Int, _ w: UnsafePointer<Float>, _ ldw: Int,
    _ y: UnsafeMutablePointer<Float>, _ ldy: Int, _ k: Int, _ adding: Bool
  ) {
    var (a0, a1, a2, a3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
    var (b0, b1, b2, b3) = (a0, a1, a2, a3)
    var w = w
    for term in 0..<k {
      let (w0, w1) = (Lanes(w, 8), Lanes(w + 8, 8))
      let x = x + term
      let x0 = Lanes(repeating: x[0])
      a0 = a0.plus(x0, times: w0)
      b0 = b0.plus(x0, times: w1)
      let x1 = Lanes(repeating: x[ldx])
      a1 = a1.plus(x1, times: w0)
      b1 = b1.plus(x1, times: w1)
      let x2 = Lanes(repeating: x[2 &* ldx])
      a2 = a2.plus(x2, times: w0)
      b2 = b2.plus(x2, times: w1)
      let x3 = Lanes(repeating: x[3 &* ldx])
      a3 = a3.plus(x3, times: w0)
      b3 = b3.plus(x3, times: w1)
      w += ldw
    }
    put(a0, at: y, adding)
    put(b0, at: y + 8, adding)
    put(a1, at: y + ldy, adding)
    put(b1, at: y + (ldy &+ 8), adding)
    put(a2, at: y + 2 &* ldy, adding)
    put(b2, at: y + (2 &* ldy &+ 8), adding)
    put(a3, at: y + 3 &* ldy, adding)
    put(b3, at: y + (3 &* ldy &+ 8), adding)
  }

  /// All columns of one row, thirty-two at a time.
  private static func oneRow(
    _ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, _ ldw: Int,
    _ y: UnsafeMutablePointer<Float>, _ n: Int, _ k: Int, _ adding: Bool
  ) {
    var column = 0
    while column &+ 32 <= n {
      var (s0, s1, s2, s3) = (Lanes.zero, Lanes.zero, Lanes.zero, Lanes.zero)
      var w = w + column
      for term in 0..<k {
        let factor = Lanes(repeating: x[term])
        s0 = s0.plus(factor, times: Lanes(w, 8))
        s1 = s1.plus(factor, times: Lanes(w + 8, 8))
        s2 = s2.plus(factor, times: Lanes(w + 16, 8))
        s3 = s3.plus(factor, times: Lanes(w + 24, 8))
        w += ldw
      }
      put(s0, at: y + column, adding)
      put(s1, at: y + column + 8, adding)
      put(s2, at: y + column + 16, adding)
      put(s3, at: y + column + 24, adding)
      column &+= 32
    }
    forLanes(n &- column) { offset, width in
      let place = y + (column &+ offset)
      var sum = Lanes.zero
      for term in 0..<k {
        sum = sum.plus(
          Lanes(repeating: x[term]), times: Lanes(w + (term * ldw &+ column &+ offset), width))
      }
      (adding ? Lanes(place, width) + sum : sum).store(place, width)
    }
  }
}
