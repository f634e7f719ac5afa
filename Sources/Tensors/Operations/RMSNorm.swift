/// Root mean square normalisation (Zhang, Sennrich 2019), as Llama has it.
public struct RMSNorm: Sendable {
  /// What is added to the mean of squares.
  public let epsilon: Float

  /// A norm.
  public init(epsilon: Float) { self.epsilon = epsilon }

  /// y `[N, D]` = w `[1, D]` ∘ x `[N, D]` · r, with r = 1 / √(mean x² + ε) of each row.
  ///
  /// - Parameter scales: `[N, 1]`, receives r for the backward pass. y may be x where no backward
  ///   pass follows.
  public func forward(
    _ x: MatrixView, weight: MatrixView, into y: MatrixView, scales: MatrixView,
    on workers: Workers
  ) {
    check(x, weight, y, scales)
    let columns = x.columns
    workers.overRows(x.rows, columns: columns) { rows, _ in
      for row in rows {
        let (from, to) = (x.row(row), y.row(row))
        let scale = 1 / (dot(from, from, columns) / Float(columns) + epsilon).squareRoot()
        scales.row(row).pointee = scale
        forLanes(columns) { offset, width in
          let scaled = Lanes(from + offset, width) * scale
          (scaled * Lanes(weight.base + offset, width)).store(to + offset, width)
        }
      }
    }
  }

  /// dx `[N, D]` = r (w ∘ dy − x r² mean(w ∘ dy ∘ x)), or added to it; dw `[1, D]` += Σ rows dy ∘ x
  /// r.
  ///
  /// y = w x r: ∂y_i/∂x_j = w_i r δ_ij + w_i x_i ∂r/∂x_j, and ∂r/∂x_j = −r³ x_j / D.
  ///
  /// - Parameters:
  ///   - dWeight: what the gradient of w is added to; nil where w is frozen.
  ///   - addingToInput: whether dx is added to. dx may be dy where it is not.
  public func backward(
    _ dy: MatrixView, x: MatrixView, weight: MatrixView, scales: MatrixView, dx: MatrixView,
    addingToInput: Bool = false, dWeight: MatrixView?, on workers: Workers
  ) {
    check(x, weight, dx, scales)
    precondition(dy.hasShape(of: x), "dy and x [N, D]")
    let columns = x.columns
    func gradient(_ rows: Range<Int>, _ sums: UnsafeMutablePointer<Float>?) {
      for row in rows {
        let (x, dy, dx, r) = (x.row(row), dy.row(row), dx.row(row), scales.row(row).pointee)
        var sum = Lanes.zero
        forLanes(columns) { offset, width in
          let weighted = Lanes(dy + offset, width) * Lanes(weight.base + offset, width)
          sum = sum.plus(weighted, times: Lanes(x + offset, width))
        }
        let mean = sum.total / Float(columns) * r * r
        forLanes(columns) { offset, width in
          let (xs, dys) = (Lanes(x + offset, width), Lanes(dy + offset, width))
          if let sums {
            Lanes(sums + offset, width).plus(dys, times: xs * r).store(sums + offset, width)
          }
          let weighted = dys * Lanes(weight.base + offset, width)
          let result = weighted.plus(xs, times: Lanes(repeating: -mean)) * r
          (addingToInput ? Lanes(dx + offset, width) + result : result).store(dx + offset, width)
        }
      }
    }
    if let dWeight {
      precondition(dWeight.hasShape(of: weight), "dw has the shape of w")
      workers.overRows(x.rows, columns: columns, summingInto: dWeight.base) { gradient($0, $1) }
    } else {
      workers.overRows(x.rows, columns: columns) { rows, _ in gradient(rows, nil) }
    }
  }

  private func check(_ x: MatrixView, _ w: MatrixView, _ y: MatrixView, _ scales: MatrixView) {
    precondition(x.hasShape(of: y), "x and y [N, D]")
    precondition(w.rows == 1 && w.columns == x.columns, "w [1, D]")
    precondition(scales.rows == x.rows && scales.columns >= 1, "scales [N, 1]")
  }
}
