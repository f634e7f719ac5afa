extension CausalAttention {
  /// y `[S·n, H, W]`: the attention of the n newest tokens of each of S sequences over all that the
  /// sequence has; q `[S·n, H, W]`.
  ///
  /// Their keys and values are stored already and not yet counted
  /// (``KeyValueCache/advance(_:by:)``): query i of a sequence of length L is at position L + i and
  /// sees the keys 0...L + i.
  ///
  /// - Parameter slots: the sequences that the rows belong to, as in
  ///   ``KeyValueCache/store(keys:values:layer:slots:)``.
  public func forward(
    queries: HeadsView, cache: KeyValueCache, layer: Int, slots: [Int], into y: HeadsView,
    on workers: Workers
  ) {
    precondition(queries.count == heads && queries.width == width, "queries [S·n, H, W]")
    precondition(cache.heads == keyHeads && cache.width == width, "a cache of G heads")
    precondition(y.hasShape(of: queries), "y [S·n, H, W]")
    let count = cache.newTokens(rows: queries.rows, slots)
    let group = heads / keyHeads
    if count <= 4 {
      workers.run(tiles: slots.count * keyHeads) { tile, worker in
        let slot = slots[tile / keyHeads]
        let keyHead = tile % keyHeads
        let past = cache.lengths[slot]
        let scores = workers.scratch.worker(worker, floats: group * (past + count))
        for token in 0..<count {
          let row = tile / keyHeads * count + token
          attendGroup(
            queries: queries.at(row: row, head: keyHead * group), queries.headStride,
            keys: cache.keys(layer, slot, keyHead), values: cache.values(layer, slot, keyHead),
            into: y.at(row: row, head: keyHead * group), y.headStride, seen: past + token + 1,
            scores: scores)
        }
      }
      return
    }
    let blocks = pieces(count, of: CausalAttention.block)
    workers.run(tiles: slots.count * heads * blocks) { tile, worker in
      let rows = piece(tile % blocks, of: CausalAttention.block, in: count)
      let head = tile / blocks % heads
      let index = tile / blocks / heads
      let slot = slots[index]
      let position = cache.lengths[slot] + rows.lowerBound
      let row = index * count + rows.lowerBound
      attend(
        queries: queries.at(row: row, head: head), queries.rowStride,
        keys: cache.keys(layer, slot, head / group), width,
        values: cache.values(layer, slot, head / group), width,
        into: y.at(row: row, head: head), y.rowStride, position: position, count: rows.count,
        scores: workers.scratch.worker(worker, floats: rows.count * (position + rows.count)))
    }
  }

  /// One head: `count` queries, the first at `position`, over the keys from 0 to each one's own.
  ///
  /// - Parameter scores: room for `count * (position + count)` floats.
  private func attend(
    queries: UnsafePointer<Float>, _ queryStride: Int,
    keys: UnsafePointer<Float>, _ keyStride: Int,
    values: UnsafePointer<Float>, _ valueStride: Int,
    into y: UnsafeMutablePointer<Float>, _ yStride: Int,
    position: Int, count: Int, scores: UnsafeMutablePointer<Float>
  ) {
    let seen = position + count
    BLAS.multiply(
      queries, .asIs, lda: queryStride, keys, .transposed, ldb: keyStride, into: scores, ldc: seen,
      m: count, n: seen, k: width, scale: scale, keep: 0)
    for query in 0..<count {
      let row = scores + query * seen
      let inverse = 1 / CausalAttention.exponentials(row, position + query + 1).1
      (row + position + query + 1).update(repeating: 0, count: count - query - 1)
      forLanes(position + query + 1) { offset, lanes in
        (Lanes(row + offset, lanes) * inverse).store(row + offset, lanes)
      }
    }
    BLAS.multiply(
      scores, .asIs, lda: seen, values, .asIs, ldb: valueStride, into: y, ldc: yStride, m: count,
      n: width, k: seen, keep: 0)
  }

  /// One token: the query heads of a group over the same keys, read once for all of them.
  private func attendGroup(
    queries: UnsafePointer<Float>, _ queryStride: Int, keys: UnsafePointer<Float>,
    values: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ yStride: Int, seen: Int,
    scores: UnsafeMutablePointer<Float>
  ) {
    let group = heads / keyHeads
    FewRows.timesTransposed(
      queries, ldx: queryStride, keys, ldw: width, into: scores, ldy: seen, m: group, n: seen,
      k: width, scale: scale, adding: false)
    for head in 0..<group {
      let row = scores + head * seen
      let inverse = 1 / CausalAttention.exponentials(row, seen).1
      forLanes(seen) { offset, lanes in
        (Lanes(row + offset, lanes) * inverse).store(row + offset, lanes)
      }
    }
    FewRows.times(
      scores, ldx: seen, values, ldw: width, into: y, ldy: yStride, m: group, n: width, k: seen,
      adding: false)
  }
}
