/// The three products of a linear layer, each cut into tiles of the result.
///
/// Tiles follow from the shapes alone and each is computed by one worker from beginning to end, so
/// the bits are the same for any number of workers.
extension Workers {
  /// y `[M, N]` = x · wᵀ (+ y): x `[M, K]`, w `[N, K]`.
  ///
  /// - Parameter adding: whether the product is added to what y holds.
  public func multiply(
    _ x: MatrixView, byTransposed w: MatrixView, into y: MatrixView, adding: Bool = false
  ) {
    precondition(
      x.columns == w.columns && y.rows == x.rows && y.columns == w.rows,
      "y [M, N] = x [M, K] · wᵀ, w [N, K]")
    if x.rows <= FewRows.limit {
      return multiplyFewRows(x, byTransposed: [w], into: [y], adding: adding)
    }
    multiply([MatrixProduct(.byTransposed, [(x, w)], into: y, adding: adding)])
  }

  /// Every y `[M, N]` = x · wᵀ with the w `[N, K]` at the same place, x `[M, K]`; the N may differ.
  ///
  /// The bits are those of product after product; few rows are turned once and are one operation,
  /// so that the workers meet once.
  public func multiply(
    _ x: MatrixView, byTransposed weights: [MatrixView], into results: [MatrixView]
  ) {
    precondition(weights.count == results.count, "a result for each w")
    guard x.rows <= FewRows.limit else {
      return multiply(
        zip(weights, results).map { MatrixProduct(.byTransposed, [(x, $0)], into: $1) })
    }
    for (w, y) in zip(weights, results) {
      precondition(
        x.columns == w.columns && y.rows == x.rows && y.columns == w.rows,
        "y [M, N] = x [M, K] · wᵀ, w [N, K]")
    }
    multiplyFewRows(x, byTransposed: weights, into: results, adding: false)
  }

  private func multiplyFewRows(
    _ x: MatrixView, byTransposed weights: [MatrixView], into results: [MatrixView], adding: Bool
  ) {
    let (m, k) = (x.rows, x.columns)
    guard m > 0 else { return }
    let sixteen = SixteenRows.rows.contains(m)
    let step = sixteen ? SixteenRows.columns(k) : FewRowsTile.transposed(k)
    let packed =
      sixteen
      ? SixteenRows.pack(
        x.base, ldx: x.stride, m: m, k: k,
        into: scratch.slot(.packed, floats: SixteenRows.floats(k))) : nil
    run(tiles: results.reduce(0) { $0 + pieces($1.columns, of: step) }) { tile, worker in
      var (tile, index) = (tile, 0)
      while tile >= pieces(results[index].columns, of: step) {
        tile -= pieces(results[index].columns, of: step)
        index += 1
      }
      let (w, y) = (weights[index], results[index])
      let columns = piece(tile, of: step, in: y.columns)
      if let packed {
        SixteenRows.timesTransposed(
          packed, w.row(columns.lowerBound), ldw: w.stride, into: y.base + columns.lowerBound,
          ldy: y.stride, m: m, n: columns.count, k: k, adding: adding,
          sums: scratch.worker(worker, floats: columns.count * SixteenRows.height))
      } else {
        FewRows.timesTransposed(
          x.base, ldx: x.stride, w.row(columns.lowerBound), ldw: w.stride,
          into: y.base + columns.lowerBound, ldy: y.stride, m: m, n: columns.count, k: k, scale: 1,
          adding: adding)
      }
    }
  }

  /// y `[M, N]` = x · w (+ y): x `[M, K]`, w `[K, N]`.
  ///
  /// - Parameter adding: whether the product is added to what y holds.
  public func multiply(
    _ x: MatrixView, by w: MatrixView, into y: MatrixView, adding: Bool = false
  ) {
    precondition(
      x.columns == w.rows && y.rows == x.rows && y.columns == w.columns,
      "y [M, N] = x [M, K] · w, w [K, N]")
    if x.rows <= FewRows.limit {
      let k = x.columns
      overColumns(of: y, step: FewRowsTile.plain) { columns in
        FewRows.times(
          x.base, ldx: x.stride, w.base + columns.lowerBound, ldw: w.stride,
          into: y.base + columns.lowerBound, ldy: y.stride, m: x.rows, n: columns.count, k: k,
          adding: adding)
      }
      return
    }
    multiply([MatrixProduct(.plain, [(x, w)], into: y, adding: adding)])
  }

  /// y `[N, K]` = aᵀ · x (+ y): a `[M, N]`, x `[M, K]`; the gradient of weights has a = dy.
  ///
  /// - Parameter adding: whether the product is added to what y holds, as gradients are.
  public func multiply(
    transposed a: MatrixView, by x: MatrixView, into y: MatrixView, adding: Bool = true
  ) {
    precondition(
      a.rows == x.rows && y.rows == a.columns && y.columns == x.columns,
      "y [N, K] = aᵀ · x, a [M, N], x [M, K]")
    multiply([MatrixProduct(.transposedBy, [(a, x)], into: y, adding: adding)])
  }

  /// Columns of a tile where there are few rows.
  private enum FewRowsTile {
    /// About 64 KiB of weights each: many tiles for a small layer, and no time lost between them.
    static func transposed(_ k: Int) -> Int { max(4, 16_384 / max(k, 1) / 4 * 4) }
    static let plain = 64
  }

  private func overColumns(of y: MatrixView, step: Int, _ body: (Range<Int>) -> Void) {
    guard y.rows > 0 else { return }
    run(tiles: pieces(y.columns, of: step)) { tile, _ in
      body(piece(tile, of: step, in: y.columns))
    }
  }
}
