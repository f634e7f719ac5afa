extension CausalAttention {
  /// The gradients of queries `[N, H, W]`, keys and values `[N, G, W]`, each written whole.
  ///
  /// With P the probabilities and dP = dy vᵀ: dv = Pᵀ dy, dS = P ∘ (dP − Σ_w dy ∘ y), dq = scale ·
  /// dS k, dk = scale · dSᵀ q. The sums over the query heads of a group and over the blocks of
  /// queries run in one order, in one tile for each key head of each segment.
  ///
  /// - Parameters:
  ///   - dy: the gradient of y, `[N, H, W]`.
  ///   - y: what forward gave.
  ///   - statistics: what forward kept.
  ///   - dQueries: may lie where y does, if nobody needs y any more: a row is read before.
  public func backward(
    _ dy: HeadsView, queries: HeadsView, keys: HeadsView, values: HeadsView, segments: Segments,
    y: HeadsView, statistics: MatrixView, dQueries: HeadsView, dKeys: HeadsView,
    dValues: HeadsView, on workers: Workers
  ) {
    check(queries, keys, values, segments)
    checkStatistics(statistics, rows: queries.rows)
    precondition(
      dy.hasShape(of: queries) && y.hasShape(of: queries) && dQueries.hasShape(of: queries)
        && dKeys.hasShape(of: keys) && dValues.hasShape(of: keys), "gradients as what they are of")
    let group = heads / keyHeads
    workers.run(tiles: segments.count * keyHeads) { tile, worker in
      let keyHead = tile % keyHeads
      let segment = segments[tile / keyHeads]
      let (first, length) = (segment.lowerBound, segment.count)
      let size = CausalAttention.block * length
      let probabilities = workers.scratch.worker(worker, floats: 2 * size)
      let head = HeadBackward(
        attention: self, length: length, probabilities: probabilities,
        gradients: probabilities + size, keys: keys.at(row: first, head: keyHead),
        keyStride: keys.rowStride, values: values.at(row: first, head: keyHead),
        valueStride: values.rowStride, dKeys: dKeys.at(row: first, head: keyHead),
        dKeyStride: dKeys.rowStride, dValues: dValues.at(row: first, head: keyHead),
        dValueStride: dValues.rowStride)
      head.clear()
      for query in (keyHead * group)..<((keyHead + 1) * group) {
        for block in 0..<pieces(length, of: CausalAttention.block) {
          let rows = piece(block, of: CausalAttention.block, in: length)
          let row = first + rows.lowerBound
          head.add(
            rows, queries: queries.at(row: row, head: query), queries.rowStride,
            y: y.at(row: row, head: query), y.rowStride, dy: dy.at(row: row, head: query),
            dy.rowStride, statistics: statistics.row(row) + 2 * query, statistics.stride,
            dQueries: dQueries.at(row: row, head: query), dQueries.rowStride)
        }
      }
    }
  }
}

/// The backward pass of one key head of one sequence.
private struct HeadBackward {
  let attention: CausalAttention
  let length: Int
  let probabilities: UnsafeMutablePointer<Float>
  let gradients: UnsafeMutablePointer<Float>
  let keys: UnsafePointer<Float>
  let keyStride: Int
  let values: UnsafePointer<Float>
  let valueStride: Int
  let dKeys: UnsafeMutablePointer<Float>
  let dKeyStride: Int
  let dValues: UnsafeMutablePointer<Float>
  let dValueStride: Int

  func clear() {
    for row in 0..<length {
      (dKeys + row * dKeyStride).update(repeating: 0, count: attention.width)
      (dValues + row * dValueStride).update(repeating: 0, count: attention.width)
    }
  }

  /// Adds what one block of queries of one head gives to dk and dv, and writes its dq.
  func add(
    _ rows: Range<Int>, queries: UnsafePointer<Float>, _ queryStride: Int,
    y: UnsafePointer<Float>, _ yStride: Int, dy: UnsafePointer<Float>, _ dyStride: Int,
    statistics: UnsafePointer<Float>, _ statisticsStride: Int,
    dQueries: UnsafeMutablePointer<Float>, _ dQueryStride: Int
  ) {
    let (count, seen, width) = (rows.count, rows.upperBound, attention.width)
    BLAS.multiply(
      queries, .asIs, lda: queryStride, keys, .transposed, ldb: keyStride, into: probabilities,
      ldc: seen, m: count, n: seen, k: width, scale: attention.scale, keep: 0)
    BLAS.multiply(
      dy, .asIs, lda: dyStride, values, .transposed, ldb: valueStride, into: gradients, ldc: seen,
      m: count, n: seen, k: width, keep: 0)
    for query in 0..<count {
      let (p, g) = (probabilities + query * seen, gradients + query * seen)
      let largest = statistics[query * statisticsStride]
      let inverse = statistics[query * statisticsStride + 1]
      let mean = dot(dy + query * dyStride, y + query * yStride, width)
      let visible = rows.lowerBound + query + 1
      @_transparent func step(_ offset: Int, _ lanes: Int) {
        let probability = exponential(Lanes(p + offset, lanes) - largest) * inverse
        probability.store(p + offset, lanes)
        (probability * (Lanes(g + offset, lanes) - mean)).store(g + offset, lanes)
      }
      forLanes(visible, step)
      (p + visible).update(repeating: 0, count: seen - visible)
      (g + visible).update(repeating: 0, count: seen - visible)
    }
    BLAS.multiply(
      probabilities, .transposed, lda: seen, dy, .asIs, ldb: dyStride, into: dValues,
      ldc: dValueStride, m: seen, n: width, k: count, keep: 1)
    BLAS.multiply(
      gradients, .transposed, lda: seen, queries, .asIs, ldb: queryStride, into: dKeys,
      ldc: dKeyStride, m: seen, n: width, k: count, scale: attention.scale, keep: 1)
    BLAS.multiply(
      gradients, .asIs, lda: seen, keys, .asIs, ldb: keyStride, into: dQueries, ldc: dQueryStride,
      m: count, n: width, k: seen, scale: attention.scale, keep: 0)
  }
}
