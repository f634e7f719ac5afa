internal import CLanes

/// The small products of attention: six rows of a result at a time, whose sums stay in registers,
/// over keys and values that were brought into one order before.
///
/// BLAS would copy the keys once for every product, clear the result first and compute what no
/// query sees; a strip ends where its last query's keys end.
struct AttentionStrips {
  /// Rows of a strip: six by sixteen sums fill the registers.
  static let height = 6

  /// W, features of a head.
  let width: Int
  /// Keys.
  let length: Int
  /// W up to a multiple of 8: floats of a row of ``copy(_:_:into:)``. What is behind W is anything.
  let padded: Int
  /// Floats of a row of ``transpose(_:_:into:)`` and of scores: an odd number of cache lines, so
  /// that a column is not all in one place of the cache.
  let stride: Int

  init(width: Int, length: Int) {
    self.width = width
    self.length = length
    padded = AttentionStrips.whole(width)
    stride = 16 * (pieces(length, of: 16) | 1)
  }

  /// Up to a multiple of 8.
  static func whole(_ count: Int) -> Int { (count + 7) & ~7 }

  var transposedFloats: Int { width * stride }
  var rowsFloats: Int { length * padded }
  /// Keys, values, a strip of scores and one of results.
  var forwardFloats: Int {
    transposedFloats + rowsFloats + AttentionStrips.height * (stride + padded)
  }

  /// `[length, W]` as `[W, length]`; what follows up to a multiple of 8 columns becomes zero.
  func transpose(
    _ from: UnsafePointer<Float>, _ fromStride: Int, rows count: Int? = nil,
    into to: UnsafeMutablePointer<Float>
  ) {
    let (whole, count) = (width & ~7, count ?? length)
    for row in Swift.stride(from: 0, to: count, by: 8) {
      let rows = min(8, count - row)
      let source = from + row * fromStride
      for column in Swift.stride(from: 0, to: whole, by: 8) {
        cordon_turn(
          source + column, fromStride, rows, to + (column * stride + row), stride)
      }
      for column in whole..<width {
        for index in 0..<rows {
          to[column * stride + row + index] = source[index * fromStride + column]
        }
      }
    }
  }

  /// `[length, W]` with its rows behind one another.
  func copy(
    _ from: UnsafePointer<Float>, _ fromStride: Int, rows: Int? = nil,
    into to: UnsafeMutablePointer<Float>
  ) {
    for row in 0..<(rows ?? length) {
      let (source, target) = (from + row * fromStride, to + row * padded)
      forLanes(width) { offset, lanes in
        Lanes(source + offset, lanes).store(target + offset, lanes)
      }
    }
  }

  /// c `[rows, columns]` = scale · a · b (+ c) for at most ``height`` rows and a multiple of 8
  /// columns; element (i, p) of a is at `a[i * aRow + p * aStep]`, b is `[depth, columns]`.
  @inline(__always)
  func multiply(
    _ rows: Int, _ columns: Int, _ a: UnsafePointer<Float>, _ aRow: Int, _ aStep: Int,
    _ b: UnsafePointer<Float>, _ bStride: Int, into c: UnsafeMutablePointer<Float>, _ cStride: Int,
    depth: Int, scale: Float = 1, adding: Bool = false
  ) {
    cordon_strip(
      rows, columns, a, aRow, aStep, b, bStride, c, cStride, depth, scale, adding ? 1 : 0)
  }
}
