/// The residual connection, sequential (one branch) or parallel (two: GPT-NeoX).
///
/// Its backward pass needs no function: the gradient of the sum is that of every summand, so a
/// branch adds its gradient to that of the stream. Operations that end a branch can add to the
/// stream themselves (`adding`), and those that begin one add to its gradient (`addingToInput`).
public enum Residual {
  /// y `[N, D]` = x `[N, D]` + branch `[N, D]`; y may be x or the branch.
  public static func forward(
    _ x: MatrixView, _ branch: MatrixView, into y: MatrixView, on workers: Workers
  ) {
    precondition(x.hasShape(of: branch) && x.hasShape(of: y), "x, branch and y [N, D]")
    workers.overRows(y.rows, columns: y.columns) { rows, _ in
      for row in rows {
        let (a, b, to) = (x.row(row), branch.row(row), y.row(row))
        forLanes(y.columns) { offset, width in
          (Lanes(a + offset, width) + Lanes(b + offset, width)).store(to + offset, width)
        }
      }
    }
  }

  /// y `[N, D]` = x + first + second, all `[N, D]`; y may be any of them.
  public static func forward(
    _ x: MatrixView, _ first: MatrixView, _ second: MatrixView, into y: MatrixView,
    on workers: Workers
  ) {
    precondition(
      x.hasShape(of: first) && x.hasShape(of: second) && x.hasShape(of: y),
      "x, both branches and y [N, D]")
    workers.overRows(y.rows, columns: y.columns) { rows, _ in
      for row in rows {
        let (a, b, c, to) = (x.row(row), first.row(row), second.row(row), y.row(row))
        forLanes(y.columns) { offset, width in
          let sum = Lanes(b + offset, width) + Lanes(c + offset, width)
          (Lanes(a + offset, width) + sum).store(to + offset, width)
        }
      }
    }
  }

  /// dx `[N, D]` += dy `[N, D]`, where a stream's gradient meets that of a branch.
  public static func backward(_ dy: MatrixView, addingTo dx: MatrixView, on workers: Workers) {
    forward(dx, dy, into: dx, on: workers)
  }
}
