/// A linear layer, y = x · Wᵀ + b.
public enum Linear {
  /// How the weights lie in memory.
  public enum Layout: Sendable {
    /// W `[out, in]`, as PyTorch's `Linear` has it.
    case outIn
    /// W `[in, out]`, as GPT-2's `Conv1D` has it.
    case inOut
  }

  /// A layer beside others that read the same x: its weight and bias, and its y.
  public typealias Layer = (weight: MatrixView, bias: MatrixView?, y: MatrixView)

  /// A layer beside others that read the same x: dy, its weight, and where its gradients go.
  public typealias LayerGradients = (
    dy: MatrixView, weight: MatrixView, dWeight: MatrixView?, dBias: MatrixView?
  )

  /// y `[N, out]` = x `[N, in]` · Wᵀ + b `[out]` (+ r).
  ///
  /// - Parameters:
  ///   - weight: `[out, in]` or `[in, out]`, by `layout`.
  ///   - bias: `[1, out]` if the layer has one.
  ///   - residual: r `[N, out]`, what a residual connection adds; it may be y.
  ///   - finish: is called with each tile of y when it is done, while it is warm.
  public static func forward(
    _ x: MatrixView, weight: MatrixView, bias: MatrixView? = nil, layout: Layout = .outIn,
    into y: MatrixView, plus residual: MatrixView? = nil, on workers: Workers,
    finish: MatrixProduct.Finish? = nil
  ) {
    workers.multiply([
      product(x, (weight, bias, y), layout, residual: residual, finish: finish)
    ])
  }

  /// Every y `[N, out]` = x `[N, in]` · Wᵀ + b of layers that read the same x, as ``forward`` of
  /// each would give it, in one operation.
  ///
  /// - Parameter layers: each W `[out, in]` or `[in, out]` by `layout`, b `[1, out]` if it has one,
  ///   and its y.
  public static func forward(
    _ x: MatrixView, layers: [Layer], layout: Layout = .outIn, on workers: Workers
  ) {
    if layout == .outIn, layers.allSatisfy({ $0.bias == nil }) {
      return workers.multiply(x, byTransposed: layers.map(\.weight), into: layers.map(\.y))
    }
    workers.multiply(layers.map { product(x, $0, layout) })
  }

  private static func product(
    _ x: MatrixView, _ layer: Layer, _ layout: Layout, residual: MatrixView? = nil,
    finish: MatrixProduct.Finish? = nil
  ) -> MatrixProduct {
    let (weight, bias, y) = layer
    precondition(x.rows == y.rows, "y [N, out] of x [N, in]")
    precondition(bias.map { $0.rows == 1 && $0.columns == y.columns } ?? true, "a bias [1, out]")
    var last = finish
    if let bias {
      last = { rows, columns in
        for row in rows {
          let to = y.row(row) + columns.lowerBound
          addScaled(bias.base + columns.lowerBound, 1, to: to, columns.count)
        }
        finish?(rows, columns)
      }
    }
    return MatrixProduct(
      layout == .outIn ? .byTransposed : .plain, [(x, weight)], into: y, start: residual,
      finish: last)
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
    backward(
      [(dy, weight, dWeight, dBias)], x: x, layout: layout, dx: dx, addingToInput: addingToInput,
      on: workers)
  }

  /// The same for layers that read the same x: dx is the sum over all of them. The products are one
  /// operation.
  ///
  /// - Parameter finish: is called with each tile of dx when it is done, while it is warm. It may
  ///   change that tile, and must not write to x or a dy, which other tiles read.
  public static func backward(
    _ layers: [LayerGradients], x: MatrixView, layout: Layout = .outIn, dx: MatrixView?,
    addingToInput: Bool = false, on workers: Workers, finish: MatrixProduct.Finish? = nil
  ) {
    var products: [MatrixProduct] = []
    if let dx {
      products.append(
        MatrixProduct(
          layout == .outIn ? .plain : .byTransposed, layers.map { ($0.dy, $0.weight) }, into: dx,
          adding: addingToInput, finish: finish))
    }
    for (dy, weight, dWeight, _) in layers {
      precondition(dy.rows == x.rows, "dy [N, out] beside x [N, in]")
      guard let dWeight else { continue }
      precondition(dWeight.hasShape(of: weight), "dW has the shape of W")
      let (a, b) = layout == .outIn ? (dy, x) : (x, dy)
      products.append(MatrixProduct(.transposedBy, [(a, b)], into: dWeight, adding: true))
    }
    workers.multiply(products)
    for (dy, _, _, dBias) in layers {
      guard let dBias else { continue }
      precondition(dBias.rows == 1 && dBias.columns == dy.columns, "db [1, out]")
      workers.overRows(dy.rows, columns: dy.columns, summingInto: dBias.base) { rows, sums in
        for row in rows { addScaled(dy.row(row), 1, to: sums, dy.columns) }
      }
    }
  }
}
