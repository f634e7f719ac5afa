/// A linear layer, y = x · Wᵀ + b.
public enum Linear {
  /// How the weights lie in memory.
  public enum Layout: Sendable {
    /// W `[out, in]`, as PyTorch's `Linear` has it.
    case outIn
    /// W `[in, out]`, as GPT-2's `Conv1D` has it.
    case inOut
  }

  /// y `[N, out]` = x `[N, in]` · Wᵀ + b `[out]`.
  ///
  /// - Parameters:
  ///   - weight: `[out, in]` or `[in, out]`, by `layout`.
  ///   - bias: `[1, out]` if the layer has one.
  ///   - adding: whether the result is added to what y holds, as a residual connection wants.
  public static func forward(
    _ x: MatrixView, weight: MatrixView, bias: MatrixView? = nil, layout: Layout = .outIn,
    into y: MatrixView, adding: Bool = false, on workers: Workers
  ) {
    precondition(x.rows == y.rows, "y [N, out] of x [N, in]")
    if let bias {
      precondition(bias.rows == 1 && bias.columns == y.columns, "a bias [1, out]")
      workers.overRows(y.rows, columns: y.columns) { rows, _ in
        for row in rows {
          let to = y.row(row)
          if adding {
            addScaled(bias.base, 1, to: to, y.columns)
          } else {
            to.update(from: bias.base, count: y.columns)
          }
        }
      }
    }
    let adding = adding || bias != nil
    switch layout {
    case .outIn: workers.multiply(x, byTransposed: weight, into: y, adding: adding)
    case .inOut: workers.multiply(x, by: weight, into: y, adding: adding)
    }
  }

  /// Every y `[N, out]` = x `[N, in]` · Wᵀ + b of layers that read the same x, as ``forward`` of
  /// each would give it; without biases it is one operation.
  ///
  /// - Parameter layers: each W `[out, in]` or `[in, out]` by `layout`, b `[1, out]` if it has one,
  ///   and its y.
  public static func forward(
    _ x: MatrixView,
    layers: [(weight: MatrixView, bias: MatrixView?, y: MatrixView)], layout: Layout = .outIn,
    on workers: Workers
  ) {
    if layout == .outIn, layers.allSatisfy({ $0.bias == nil }) {
      return workers.multiply(x, byTransposed: layers.map(\.weight), into: layers.map(\.y))
    }
    for layer in layers {
      forward(
        x, weight: layer.weight, bias: layer.bias, layout: layout, into: layer.y, on: workers)
    }
  }

  /// dx `[N, in]` = dy · W (or added to it), dW += dyᵀ · x, db `[1, out]` += Σ rows of dy, with
  /// dy `[N, out]`.
  ///
  /// y = Σ_i W_oi x_i + b_o: ∂y_o/∂x_i = W_oi, ∂y_o/∂W_oi = x_i, ∂y_o/∂b_o = 1.
  ///
  /// - Parameters:
  ///   - x: what forward was given.
  ///   - dx: the gradient of x; nil where nobody needs it.
  ///   - addingToInput: whether dx is added to.
  ///   - dWeight: what the gradient of W is added to; nil where W is frozen.
  ///   - dBias: what the gradient of b is added to.
  public static func backward(
    _ dy: MatrixView, x: MatrixView, weight: MatrixView, layout: Layout = .outIn,
    dx: MatrixView?, addingToInput: Bool = false, dWeight: MatrixView?, dBias: MatrixView? = nil,
    on workers: Workers
  ) {
    precondition(dy.rows == x.rows, "dy [N, out] beside x [N, in]")
    if let dx {
      switch layout {
      case .outIn: workers.multiply(dy, by: weight, into: dx, adding: addingToInput)
      case .inOut: workers.multiply(dy, byTransposed: weight, into: dx, adding: addingToInput)
      }
    }
    if let dWeight {
      precondition(dWeight.hasShape(of: weight), "dW has the shape of W")
      switch layout {
      case .outIn: workers.multiply(transposed: dy, by: x, into: dWeight)
      case .inOut: workers.multiply(transposed: x, by: dy, into: dWeight)
      }
    }
    if let dBias {
      precondition(dBias.rows == 1 && dBias.columns == dy.columns, "db [1, out]")
      workers.overRows(dy.rows, columns: dy.columns, summingInto: dBias.base) { rows, sums in
        for row in rows { addScaled(dy.row(row), 1, to: sums, dy.columns) }
      }
    }
  }
}
