/// What a low-rank adapter adds to a linear layer (Hu et al. 2021): y += s · B A x, with
/// A `[r, in]` and B `[out, r]`.
public struct LowRank: @unchecked Sendable {
  /// A `[r, in]`.
  public let down: MatrixView
  /// B `[out, r]`.
  public let up: MatrixView
  /// s, mostly α / r.
  public let scale: Float

  /// An adapter of one layer.
  ///
  /// - Precondition: A `[r, in]` and B `[out, r]` have the same r.
  public init(down: MatrixView, up: MatrixView, scale: Float) {
    precondition(down.rows == up.columns, "A [r, in] and B [out, r]")
    self.down = down
    self.up = up
    self.scale = scale
  }

  /// y `[N, out]` += s · (x `[N, in]` · Aᵀ) · Bᵀ.
  public func forward(_ x: MatrixView, addingTo y: MatrixView, on workers: Workers) {
    check(x, y)
    let middle = middle(x, on: workers)
    workers.multiply(middle, byTransposed: up, into: y, adding: true)
  }

  /// dx += s · (dy B) A, dA += s · (dy B)ᵀ x, dB += s · dyᵀ (x Aᵀ), with dy `[N, out]`.
  ///
  /// - Parameters:
  ///   - x: what forward was given.
  ///   - dx: what the gradient of x is added to.
  ///   - dDown: what the gradient of A `[r, in]` is added to.
  ///   - dUp: what the gradient of B `[out, r]` is added to.
  public func backward(
    _ dy: MatrixView, x: MatrixView, addingTo dx: MatrixView, dDown: MatrixView, dUp: MatrixView,
    on workers: Workers
  ) {
    check(x, dy)
    precondition(dx.hasShape(of: x), "dx [N, in]")
    precondition(dDown.hasShape(of: down) && dUp.hasShape(of: up), "dA [r, in], dB [out, r]")
    workers.multiply(transposed: dy, by: middle(x, on: workers), into: dUp)
    let back = room(x.rows, workers)
    workers.multiply(dy, by: up, into: back)
    scaled(back, on: workers)
    workers.multiply(transposed: back, by: x, into: dDown)
    workers.multiply(back, by: down, into: dx, adding: true)
  }

  /// W += s · B A, for W `[out, in]`, or its transpose for W `[in, out]`.
  ///
  /// Each element is rounded once: the sum over r is taken in Double.
  public func merge(into weight: MatrixView, layout: Linear.Layout, on workers: Workers) {
    let isTransposed = layout == .inOut
    precondition(
      isTransposed
        ? weight.rows == down.columns && weight.columns == up.rows
        : weight.rows == up.rows && weight.columns == down.columns, "W of the layer")
    workers.overRows(weight.rows, columns: weight.columns * max(1, down.rows)) { rows, _ in
      for row in rows {
        for column in 0..<weight.columns {
          let (output, input) = isTransposed ? (column, row) : (row, column)
          var sum = 0.0
          for term in 0..<down.rows {
            sum += Double(up.row(output)[term]) * Double(down.row(term)[input])
          }
          let place = weight.row(row) + column
          place.pointee = Float(Double(place.pointee) + Double(scale) * sum)
        }
      }
    }
  }

  /// s · x · Aᵀ `[N, r]`.
  private func middle(_ x: MatrixView, on workers: Workers) -> MatrixView {
    let middle = room(x.rows, workers)
    workers.multiply(x, byTransposed: down, into: middle)
    scaled(middle, on: workers)
    return middle
  }

  private func room(_ rows: Int, _ workers: Workers) -> MatrixView {
    MatrixView(
      workers.scratch.slot(.lowRank, floats: rows * down.rows), rows: rows, columns: down.rows)
  }

  private func scaled(_ matrix: MatrixView, on workers: Workers) {
    workers.overRows(matrix.rows, columns: matrix.columns) { rows, _ in
      for row in rows {
        let place = matrix.row(row)
        forLanes(matrix.columns) { offset, width in
          (Lanes(place + offset, width) * scale).store(place + offset, width)
        }
      }
    }
  }

  private func check(_ x: MatrixView, _ y: MatrixView) {
    precondition(
      x.columns == down.columns && y.columns == up.rows && x.rows == y.rows,
      "x [N, in] and y [N, out]")
  }
}
