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
    check(queries, keys, values, rows: segments.rows)
    checkStatistics(statistics, rows: queries.rows)
    precondition(
      dy.hasShape(of: queries) && y.hasShape(of: queries) && dQueries.hasShape(of: queries)
        && dKeys.hasShape(of: keys) && dValues.hasShape(of: keys), "gradients as what they are of")
    let group = heads / keyHeads
    workers.run(tiles: segments.count * keyHeads) { tile, worker in
      let keyHead = tile % keyHeads
      let segment = segments[tile / keyHeads]
      let (first, length) = (segment.lowerBound, segment.count)
      let strips = AttentionStrips(width: width, length: length)
      let head = HeadBackward(
        attention: self, strips: strips,
        room: workers.scratch.worker(worker, floats: HeadBackward.floats(strips)))
      head.begin(
        keys: keys.at(row: first, head: keyHead), keys.rowStride,
        values: values.at(row: first, head: keyHead), values.rowStride)
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
      head.end(
        dKeys: dKeys.at(row: first, head: keyHead), dKeys.rowStride,
        dValues: dValues.at(row: first, head: keyHead), dValues.rowStride)
    }
  }
}

/// The backward pass of one key head of one sequence, in a worker's memory.
private struct HeadBackward {
  private let attention: CausalAttention
  private let strips: AttentionStrips
  /// k and v `[W, T]`, k `[T, W]`.
  private let turnedKeys, turnedValues, keys: UnsafeMutablePointer<Float>
  /// The sums of dk and dv `[T, W]`.
  private let dKeys, dValues: UnsafeMutablePointer<Float>
  /// P and dS of a block of queries, `[block, T]`.
  private let probabilities, gradients: UnsafeMutablePointer<Float>
  /// q and dy of the block `[block, W]`, and a strip of dq.
  private let queries, changes, sums: UnsafeMutablePointer<Float>

  static func floats(_ strips: AttentionStrips) -> Int {
    2 * strips.transposedFloats + 3 * strips.rowsFloats
      + CausalAttention.block * 2 * (strips.stride + strips.padded)
      + AttentionStrips.height * strips.padded
  }

  init(
    attention: CausalAttention, strips: AttentionStrips, room: UnsafeMutablePointer<Float>
  ) {
    self.attention = attention
    self.strips = strips
    turnedKeys = room
    turnedValues = turnedKeys + strips.transposedFloats
    keys = turnedValues + strips.transposedFloats
    dKeys = keys + strips.rowsFloats
    dValues = dKeys + strips.rowsFloats
    probabilities = dValues + strips.rowsFloats
    gradients = probabilities + CausalAttention.block * strips.stride
    queries = gradients + CausalAttention.block * strips.stride
    changes = queries + CausalAttention.block * strips.padded
    sums = changes + CausalAttention.block * strips.padded
  }

  func begin(
    keys: UnsafePointer<Float>, _ keyStride: Int, values: UnsafePointer<Float>, _ valueStride: Int
  ) {
    strips.transpose(keys, keyStride, into: turnedKeys)
    strips.transpose(values, valueStride, into: turnedValues)
    strips.copy(keys, keyStride, into: self.keys)
    dKeys.update(repeating: 0, count: strips.rowsFloats)
    dValues.update(repeating: 0, count: strips.rowsFloats)
  }

  /// Adds what one block of queries of one head gives to dk and dv, and writes its dq.
  func add(
    _ rows: Range<Int>, queries: UnsafePointer<Float>, _ queryStride: Int,
    y: UnsafePointer<Float>, _ yStride: Int, dy: UnsafePointer<Float>, _ dyStride: Int,
    statistics: UnsafePointer<Float>, _ statisticsStride: Int,
    dQueries: UnsafeMutablePointer<Float>, _ dQueryStride: Int
  ) {
    strips.copy(queries, queryStride, rows: rows.count, into: self.queries)
    strips.copy(dy, dyStride, rows: rows.count, into: changes)
    for start in stride(from: 0, to: rows.count, by: AttentionStrips.height) {
      let count = min(AttentionStrips.height, rows.count - start)
      for query in start..<(start + count) {
        sums[query - start] = dot(dy + query * dyStride, y + query * yStride, attention.width)
      }
      scores(
        start, count, position: rows.lowerBound, means: sums,
        statistics: statistics + start * statisticsStride, statisticsStride)
      strips.multiply(
        count, strips.padded, gradients + start * strips.stride, strips.stride, 1, keys,
        strips.padded, into: sums, strips.padded, depth: rows.lowerBound + start + count,
        scale: attention.scale)
      for query in 0..<count {
        let (from, to) = (sums + query * strips.padded, dQueries + (start + query) * dQueryStride)
        forLanes(attention.width) { offset, lanes in
          Lanes(from + offset, 8).store(to + offset, lanes)
        }
      }
    }
    // Six keys at a time: of the block's queries those count that see the first of them.
    for key in stride(from: 0, to: rows.upperBound, by: AttentionStrips.height) {
      let count = min(AttentionStrips.height, rows.upperBound - key)
      let first = max(0, key - rows.lowerBound)
      let (place, depth) = (first * strips.stride + key, rows.count - first)
      strips.multiply(
        count, strips.padded, probabilities + place, 1, strips.stride,
        changes + first * strips.padded, strips.padded, into: dValues + key * strips.padded,
        strips.padded, depth: depth, adding: true)
      strips.multiply(
        count, strips.padded, gradients + place, 1, strips.stride,
        self.queries + first * strips.padded, strips.padded, into: dKeys + key * strips.padded,
        strips.padded, depth: depth, scale: attention.scale, adding: true)
    }
  }

  /// P and dS of a strip of queries, zero behind what each sees.
  private func scores(
    _ start: Int, _ count: Int, position: Int, means: UnsafePointer<Float>,
    statistics: UnsafePointer<Float>, _ statisticsStride: Int
  ) {
    let (stride, padded) = (strips.stride, strips.padded)
    let columns = AttentionStrips.whole(position + start + count)
    let (p, g) = (probabilities + start * stride, gradients + start * stride)
    strips.multiply(
      count, columns, queries + start * padded, padded, 1, turnedKeys, stride, into: p, stride,
      depth: attention.width, scale: attention.scale)
    strips.multiply(
      count, columns, changes + start * padded, padded, 1, turnedValues, stride, into: g, stride,
      depth: attention.width)
    for query in 0..<count {
      let (p, g) = (p + query * stride, g + query * stride)
      let largest = statistics[query * statisticsStride]
      let inverse = statistics[query * statisticsStride + 1]
      let mean = means[query]
      let visible = position + start + query + 1
      @_transparent func step(_ offset: Int, _ lanes: Int) {
        let probability = exponential(Lanes(p + offset, 8) - largest) * inverse
        probability.store(p + offset, 8)
        (probability * (Lanes(g + offset, 8) - mean)).store(g + offset, 8)
      }
      forLanes(AttentionStrips.whole(visible), step)
      // Six keys are read together, of which a query may see the first alone.
      let end = min(stride, max(columns, visible + AttentionStrips.height))
      (p + visible).update(repeating: 0, count: end - visible)
      (g + visible).update(repeating: 0, count: end - visible)
    }
  }

  func end(
    dKeys: UnsafeMutablePointer<Float>, _ dKeyStride: Int,
    dValues: UnsafeMutablePointer<Float>, _ dValueStride: Int
  ) {
    for row in 0..<strips.length {
      let (keys, values) = (self.dKeys + row * strips.padded, self.dValues + row * strips.padded)
      forLanes(attention.width) { offset, lanes in
        Lanes(keys + offset, 8).store(dKeys + row * dKeyStride + offset, lanes)
        Lanes(values + offset, 8).store(dValues + row * dValueStride + offset, lanes)
      }
    }
  }
}
