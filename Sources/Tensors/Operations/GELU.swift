/// The Gaussian error linear unit (Hendrycks, Gimpel 2016), x Φ(x).
public enum GELU: Sendable {
  /// Φ by the error function: GPT-NeoX's `gelu`.
  case erf
  /// Φ by tanh: GPT-2's `gelu_new`, also called `gelu_pytorch_tanh`.
  case tanh

  /// y `[N, F]` = x Φ(x), x `[N, F]`; for `tanh`, Φ = (1 + tanh u) / 2 with u = √(2/π) (x +
  /// 0.044715 x³). y may be x where no backward pass follows.
  public func forward(_ x: MatrixView, into y: MatrixView, on workers: Workers) {
    precondition(x.hasShape(of: y), "x and y [N, F]")
    let columns = x.columns
    workers.overRows(x.rows, columns: columns) { rows, _ in
      for row in rows {
        let (from, to) = (x.row(row), y.row(row))
        @_transparent func byError(_ offset: Int, _ width: Int) {
          let x = Lanes(from + offset, width)
          (x * normalDistribution(x)).store(to + offset, width)
        }
        @_transparent func byTanh(_ offset: Int, _ width: Int) {
          let x = Lanes(from + offset, width)
          (x * GELU.gate(x)).store(to + offset, width)
        }
        switch self {
        case .erf: forLanes(columns, byError)
        case .tanh: forLanes(columns, byTanh)
        }
      }
    }
  }

  /// dx `[N, F]` = dy ∘ (Φ(x) + x Φ'(x)); x, dy `[N, F]`. dx may be dy or x.
  ///
  /// For `erf`, Φ' = e^(−x²/2) / √(2π); for `tanh`, Φ = σ(2u) and Φ' = 2 σ(2u) (1 − σ(2u)) u'.
  public func backward(_ dy: MatrixView, x: MatrixView, dx: MatrixView, on workers: Workers) {
    precondition(dy.hasShape(of: x) && dy.hasShape(of: dx), "dy, x and dx [N, F]")
    let columns = x.columns
    workers.overRows(x.rows, columns: columns) { rows, _ in
      for row in rows {
        let (from, dy, to) = (x.row(row), dy.row(row), dx.row(row))
        @_transparent func byError(_ offset: Int, _ width: Int) {
          let x = Lanes(from + offset, width)
          let density = exponential(x * x * -0.5) * 0.398_942_28
          let slope = normalDistribution(x).plus(x, times: density)
          (Lanes(dy + offset, width) * slope).store(to + offset, width)
        }
        @_transparent func byTanh(_ offset: Int, _ width: Int) {
          let x = Lanes(from + offset, width)
          let gate = GELU.gate(x)
          let inner = Lanes(repeating: 2 * GELU.first)
            .plus(x * x, times: Lanes(repeating: 6 * GELU.third))
          let slope = gate.plus(x * gate, times: (1 - gate) * inner)
          (Lanes(dy + offset, width) * slope).store(to + offset, width)
        }
        switch self {
        case .erf: forLanes(columns, byError)
        case .tanh: forLanes(columns, byTanh)
        }
      }
    }
  }

  /// √(2/π) and √(2/π) · 0.044715.
  private static let first: Float = 0.797_884_561
  private static let third: Float = 0.035_677_408

  /// (1 + tanh u) / 2 = σ(2u).
  @_transparent
  private static func gate(_ x: Lanes) -> Lanes {
    let u = Lanes(repeating: 2 * first).plus(x * x, times: Lanes(repeating: 2 * third)) * x
    return sigmoid(u)
  }
}
