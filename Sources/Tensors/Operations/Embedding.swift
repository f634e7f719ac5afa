/// Rows of a table, picked by token.
public enum Embedding {
  /// y `[N, D]`: row n is row `tokens[n]` of the table `[V, D]`.
  ///
  /// - Parameters:
  ///   - tokens: N numbers of rows, each below V; the caller has checked them.
  ///   - adding: whether the rows are added to what y holds, as GPT-2's positions are.
  public static func forward(
    _ tokens: [Int32], table: MatrixView, into y: MatrixView, adding: Bool = false,
    on workers: Workers
  ) {
    check(tokens, table, y)
    workers.overRows(y.rows, columns: y.columns) { rows, _ in
      for row in rows {
        let from = table.row(Int(tokens[row]))
        if adding {
          addScaled(from, 1, to: y.row(row), y.columns)
        } else {
          y.row(row).update(from: from, count: y.columns)
        }
      }
    }
  }

  /// dTable `[V, D]`: to row `tokens[n]` is added row n of dy `[N, D]`, in the order of n.
  ///
  /// Cut by columns, because a token may come many times.
  public static func backward(
    _ dy: MatrixView, tokens: [Int32], dTable: MatrixView, on workers: Workers
  ) {
    check(tokens, dTable, dy)
    let width = 64
    workers.run(tiles: pieces(dy.columns, of: width)) { tile, _ in
      let columns = piece(tile, of: width, in: dy.columns)
      for row in 0..<dy.rows {
        addScaled(
          dy.row(row) + columns.lowerBound, 1,
          to: dTable.row(Int(tokens[row])) + columns.lowerBound, columns.count)
      }
    }
  }

  private static func check(_ tokens: [Int32], _ table: MatrixView, _ y: MatrixView) {
    precondition(
      tokens.count == y.rows && table.columns == y.columns, "y [N, D] of table [V, D], N tokens")
    precondition(
      tokens.allSatisfy { $0 >= 0 && Int($0) < table.rows }, "a token that the table does not have")
  }
}
