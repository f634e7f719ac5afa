/// Layer normalisation (Ba, Kiros, Hinton 2016), with the biased variance.
public struct LayerNorm: Sendable {
  /// What is added to the variance.
  public let epsilon: Float

  /// A norm.
  public init(epsilon: Float) { self.epsilon = epsilon }

  /// y `[N, D]` = w `[1, D]` ∘ x̂ + b `[1, D]`, with x̂ = (x − mean x) r and r = 1 / √(var x + ε)
  /// of each row of x `[N, D]`.
  ///
  /// - Parameters:
  ///   - bias: nil where the norm has none.
  ///   - statistics: `[N, 2]`, receives mean and r for the backward pass.
  public func forward(
    _ x: MatrixView, weight: MatrixView, bias: MatrixView?, into y: MatrixView,
    statistics: MatrixView, on workers: Workers
  ) {
    check(x, weight, y, statistics)
    precondition(bias?.hasShape(of: weight) ?? true, "b [1, D]")
    let columns = x.columns
    workers.overRows(x.rows, columns: columns) { rows, _ in
      for row in rows {
        let (from, to) = (x.row(row), y.row(row))
        var sum = Lanes.zero
        forLanes(columns) { offset, width in sum += Lanes(from + offset, width) }
        let mean = sum.total / Float(columns)
        var squares = Lanes.zero
        forLanes(columns) { offset, width in
          let centred = Lanes(from + offset, width, fill: mean) - mean
          squares = squares.plus(centred, times: centred)
        }
        let scale = 1 / (squares.total / Float(columns) + epsilon).squareRoot()
        statistics.row(row)[0] = mean
        statistics.row(row)[1] = scale
        forLanes(columns) { offset, width in
          let normal = (Lanes(from + offset, width) - mean) * scale
          let shift = bias.map { Lanes($0.base + offset, width) } ?? .zero
          shift.plus(normal, times: Lanes(weight.base + offset, width)).store(to + offset, width)
        }
      }
    }
  }

  /// dx `[N, D]` = r (g − mean g − x̂ mean(g ∘ x̂)) with g = w ∘ dy, or added to it; dw `[1, D]` +=
  /// Σ rows dy ∘ x̂; db `[1, D]` += Σ rows dy.
  ///
  /// y = w x̂ + b: ∂x̂_i/∂x_j = r (δ_ij − 1/D − x̂_i x̂_j / D).
  ///
  /// - Parameters:
  ///   - dWeight: what the gradient of w is added to; nil where w is frozen.
  ///   - dBias: what the gradient of b is added to; nil where there is none or it is frozen.
  ///   - addingToInput: whether dx is added to. dx may be dy where it is not.
  public func backward(
    _ dy: MatrixView, x: MatrixView, weight: MatrixView, statistics: MatrixView, dx: MatrixView,
    addingToInput: Bool = false, dWeight: MatrixView?, dBias: MatrixView?, on workers: Workers
  ) {
    check(x, weight, dx, statistics)
    precondition(dy.hasShape(of: x), "dy and x [N, D]")
    precondition(dWeight?.hasShape(of: weight) ?? true, "dw has the shape of w")
    precondition(dBias?.hasShape(of: weight) ?? true, "db has the shape of w")
    if let dBias {
      workers.overRows(x.rows, columns: x.columns, summingInto: dBias.base) { rows, sums in
        for row in rows { addScaled(dy.row(row), 1, to: sums, x.columns) }
      }
    }
    let columns = x.columns
    func gradient(_ rows: Range<Int>, _ sums: UnsafeMutablePointer<Float>?) {
      for row in rows {
        let (x, dy, dx) = (x.row(row), dy.row(row), dx.row(row))
        let (mean, scale) = (statistics.row(row)[0], statistics.row(row)[1])
        var sum = Lanes.zero
        var product = Lanes.zero
        forLanes(columns) { offset, width in
          let g = Lanes(dy + offset, width) * Lanes(weight.base + offset, width)
          sum += g
          product = product.plus(g, times: (Lanes(x + offset, width) - mean) * scale)
        }
        let (meanG, meanGX) = (sum.total / Float(columns), product.total / Float(columns))
        forLanes(columns) { offset, width in
          let normal = (Lanes(x + offset, width) - mean) * scale
          let dys = Lanes(dy + offset, width)
          if let sums {
            Lanes(sums + offset, width).plus(dys, times: normal).store(sums + offset, width)
          }
          let g = dys * Lanes(weight.base + offset, width)
          let result = (g - meanG).plus(normal, times: Lanes(repeating: -meanGX)) * scale
          (addingToInput ? Lanes(dx + offset, width) + result : result).store(dx + offset, width)
        }
      }
    }
    if let dWeight {
      workers.overRows(x.rows, columns: columns, summingInto: dWeight.base) { gradient($0, $1) }
    } else {
      workers.overRows(x.rows, columns: columns) { rows, _ in gradient(rows, nil) }
    }
  }

  private func check(_ x: MatrixView, _ w: MatrixView, _ y: MatrixView, _ kept: MatrixView) {
    precondition(x.hasShape(of: y), "x and y [N, D]")
    precondition(w.rows == 1 && w.columns == x.columns, "w [1, D]")
    precondition(kept.rows == x.rows && kept.columns >= 2, "statistics [N, 2]")
  }
}
