extension CausalAttention {
  /// y `[N, H, W]`: the attention of each row of a prefix tree over the rows of its path up to its
  /// own; q `[N, H, W]`, k, v `[N, G, W]`.
  ///
  /// A row gets the bits that it gets where its sequence stands alone
  /// (``forward(queries:keys:values:segments:into:statistics:on:)``).
  ///
  /// - Parameter statistics: `[N, 2H]`, receives the largest score and one over the sum of each
  ///   query.
  public func forward(
    queries: HeadsView, keys: HeadsView, values: HeadsView, tree: PrefixTree, into y: HeadsView,
    statistics: MatrixView, on workers: Workers
  ) {
    check(queries, keys, values, into: y, statistics, rows: tree.rows)
    let tiles = BranchTile.tiles(of: tree)
    workers.run(tiles: tiles.count * heads) { index, worker in
      let (tile, head) = (tiles[index / heads], index % heads)
      let keyHead = head / (heads / keyHeads)
      // What is turned in eights may end 7 columns behind the last key.
      let strips = AttentionStrips(width: width, length: tile.deepest + 7)
      let room = workers.scratch.worker(worker, floats: strips.forwardFloats)
      let packedKeys = room
      let packedValues = packedKeys + strips.transposedFloats
      let scores = packedValues + strips.rowsFloats
      func pack(_ rows: Range<Int>, at position: Int) {
        strips.transpose(
          keys.at(row: rows.lowerBound, head: keyHead), keys.rowStride, rows: rows.count,
          into: packedKeys + position)
        strips.copy(
          values.at(row: rows.lowerBound, head: keyHead), values.rowStride, rows: rows.count,
          into: packedValues + position * strips.padded)
      }
      var packed = 0
      for run in tile.path {
        pack(run, at: packed)
        packed += run.count
      }
      // Depth first: what stands before a part's position is its path, whatever came between.
      for part in tile.parts {
        pack(part.rows, at: part.position)
        for start in stride(from: 0, to: part.rows.count, by: AttentionStrips.height) {
          let row = part.rows.lowerBound + start
          let end = min(start + AttentionStrips.height, part.rows.count)
          attend(
            (part.position + start)..<(part.position + end), strips,
            queries: queries.at(row: row, head: head), queries.rowStride, keys: packedKeys,
            values: packedValues, into: y.at(row: row, head: head), y.rowStride,
            statistics: statistics.row(row) + 2 * head, statistics.stride, scores: scores)
        }
      }
    }
  }
}

/// Queries that one worker attends for: parts of branches that follow one another, so that what
/// they share is packed once.
private struct BranchTile {
  /// Rows of a tile, at most.
  private static let rows = 2 * CausalAttention.block

  /// The rows before the first part, of the path that it is on.
  let path: [Range<Int>]
  /// Rows of one branch, and the position of the first.
  var parts: [(position: Int, rows: Range<Int>)] = []

  /// Keys of the longest path.
  var deepest: Int { parts.reduce(0) { max($0, $1.position + $1.rows.count) } }

  private var count: Int { parts.reduce(0) { $0 + $1.rows.count } }

  /// The tiles of a tree: a function of its shape alone.
  static func tiles(of tree: PrefixTree) -> [BranchTile] {
    var tiles: [BranchTile] = []
    for (branch, path) in zip(tree.branches, tree.paths) {
      for block in 0..<pieces(branch.rows.count, of: CausalAttention.block) {
        let range = piece(block, of: CausalAttention.block, in: branch.rows.count)
        let position = branch.shared + range.lowerBound
        if tiles.last.map({ $0.count + range.count > rows }) ?? true {
          tiles.append(BranchTile(path: path.runs(before: position)))
        }
        let first = branch.rows.lowerBound + range.lowerBound
        tiles[tiles.count - 1].parts.append((position, first..<(first + range.count)))
      }
    }
    return tiles
  }
}
