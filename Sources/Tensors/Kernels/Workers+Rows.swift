/// How element-wise and row-wise operations are cut into tiles.
extension Workers {
  /// Floats that a tile of an element-wise operation has, about: 64 KiB of each operand.
  private static var tileFloats: Int { 16_384 }

  /// Calls `body` with ranges that cover `rows` rows of `columns` floats.
  func overRows(
    _ rows: Int, columns: Int, file: StaticString = #fileID,
    _ body: (_ rows: Range<Int>, _ worker: Int) -> Void
  ) {
    let step = max(1, Workers.tileFloats / max(columns, 1))
    run(tiles: pieces(rows, of: step), file: file) { tile, worker in
      body(piece(tile, of: step, in: rows), worker)
    }
  }

  /// Calls `body` with ranges of rows and, for each range, a row of `columns` zeros to sum into;
  /// adds these sums, range after range, to `total`.
  ///
  /// At most 64 ranges, however many rows there are.
  func overRows(
    _ rows: Int, columns: Int, summingInto total: UnsafeMutablePointer<Float>,
    file: StaticString = #fileID,
    _ body: (_ rows: Range<Int>, _ sums: UnsafeMutablePointer<Float>) -> Void
  ) {
    let step = max(16, pieces(rows, of: 64))
    let tiles = pieces(rows, of: step)
    let partials = scratch.slot(.partials, floats: tiles * columns)
    run(tiles: tiles, file: file) { tile, _ in
      let sums = partials + tile * columns
      sums.update(repeating: 0, count: columns)
      body(piece(tile, of: step, in: rows), sums)
    }
    for tile in 0..<tiles { addScaled(partials + tile * columns, 1, to: total, columns) }
  }
}
