/// The gate of Llama's feed-forward layer (Shazeer 2020): silu(gate) ∘ up.
public enum SwiGLU {
  /// y `[N, F]` = silu(g) ∘ u with silu(g) = g σ(g); g, u `[N, F]`. y may be g or u where no
  /// backward pass follows.
  public static func forward(
    gate: MatrixView, up: MatrixView, into y: MatrixView, on workers: Workers
  ) {
    precondition(gate.hasShape(of: up) && gate.hasShape(of: y), "gate, up and y [N, F]")
    workers.overRows(y.rows, columns: y.columns) { rows, _ in
      for row in rows {
        let (gate, up, to) = (gate.row(row), up.row(row), y.row(row))
        @_transparent func step(_ offset: Int, _ width: Int) {
          let g = Lanes(gate + offset, width)
          (g * sigmoid(g) * Lanes(up + offset, width)).store(to + offset, width)
        }
        forLanes(y.columns, step)
      }
    }
  }

  /// dg = dy ∘ u ∘ σ(g) (1 + g (1 − σ(g))), du = dy ∘ g σ(g), all `[N, F]`.
  ///
  /// silu' = σ + g σ (1 − σ). dg may be g and du may be u: each is read before it is written.
  public static func backward(
    _ dy: MatrixView, gate: MatrixView, up: MatrixView, dGate: MatrixView, dUp: MatrixView,
    on workers: Workers
  ) {
    precondition(
      dy.hasShape(of: gate) && dy.hasShape(of: up) && dy.hasShape(of: dGate)
        && dy.hasShape(of: dUp), "dy, gate, up and their gradients [N, F]")
    workers.overRows(dy.rows, columns: dy.columns) { rows, _ in
      for row in rows {
        let (from, gate, up) = (dy.row(row), gate.row(row), up.row(row))
        let (dGate, dUp) = (dGate.row(row), dUp.row(row))
        @_transparent func step(_ offset: Int, _ width: Int) {
          let (g, u) = (Lanes(gate + offset, width), Lanes(up + offset, width))
          let (d, gate) = (Lanes(from + offset, width), sigmoid(g))
          let slope = gate.plus(g * gate, times: 1 - gate)
          (d * u * slope).store(dGate + offset, width)
          (d * g * gate).store(dUp + offset, width)
        }
        forLanes(dy.columns, step)
      }
    }
  }
}
