internal import Foundation

/// Causal softmax attention with grouped keys: query head h reads key head h / (H / G).
///
/// The scores of one block of queries stand in a worker's memory at a time, never `[T, T]` of all
/// heads. Forward keeps two numbers for each query (largest score, one over the sum) and backward
/// makes the scores again.
public struct CausalAttention: Sendable {
  /// Query heads, H.
  public let heads: Int
  /// Key and value heads, G, a divisor of H.
  public let keyHeads: Int
  /// Features of a head, W.
  public let width: Int
  /// What scores are multiplied by, mostly 1 / √W.
  public let scale: Float

  /// Queries of a block.
  static let block = 64

  /// An attention.
  ///
  /// - Parameter scale: 1 / √W where it is not given.
  public init(heads: Int, keyHeads: Int, width: Int, scale: Float? = nil) {
    precondition(
      heads > 0 && keyHeads > 0 && width > 0 && heads % keyHeads == 0, "H a multiple of G")
    self.heads = heads
    self.keyHeads = keyHeads
    self.width = width
    self.scale = scale ?? 1 / Float(width).squareRoot()
  }

  /// y `[N, H, W]` = softmax(scale · q kᵀ) v within each segment, each query over the keys of its
  /// segment up to its own; q `[N, H, W]`, k, v `[N, G, W]`.
  ///
  /// - Parameters:
  ///   - segments: the sequences, or the documents packed into them, N rows together.
  ///   - statistics: `[N, 2H]`, receives the largest score and one over the sum of each query.
  public func forward(
    queries: HeadsView, keys: HeadsView, values: HeadsView, segments: Segments, into y: HeadsView,
    statistics: MatrixView, on workers: Workers
  ) {
    check(queries, keys, values, into: y, statistics, rows: segments.rows)
    let group = heads / keyHeads
    let blocks = QueryBlocks(segments)
    workers.run(tiles: blocks.count * heads) { tile, worker in
      let head = tile % heads
      let (first, rows) = blocks[tile / heads]
      let strips = AttentionStrips(width: width, length: rows.upperBound)
      let room = workers.scratch.worker(worker, floats: strips.forwardFloats)
      let packedKeys = room
      let packedValues = packedKeys + strips.transposedFloats
      let scores = packedValues + strips.rowsFloats
      strips.transpose(
        keys.at(row: first, head: head / group), keys.rowStride, into: packedKeys)
      strips.copy(values.at(row: first, head: head / group), values.rowStride, into: packedValues)
      for start in stride(from: rows.lowerBound, to: rows.upperBound, by: AttentionStrips.height) {
        let row = first + start
        attend(
          start..<min(start + AttentionStrips.height, rows.upperBound), strips,
          queries: queries.at(row: row, head: head), queries.rowStride, keys: packedKeys,
          values: packedValues, into: y.at(row: row, head: head), y.rowStride,
          statistics: statistics.row(row) + 2 * head, statistics.stride, scores: scores)
      }
    }
  }

  /// A strip of queries of one head over the keys from 0 to each one's own, all of it in the
  /// nearest cache.
  func attend(
    _ rows: Range<Int>, _ strips: AttentionStrips,
    queries: UnsafePointer<Float>, _ queryStride: Int, keys: UnsafePointer<Float>,
    values: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ yStride: Int,
    statistics: UnsafeMutablePointer<Float>, _ statisticsStride: Int,
    scores: UnsafeMutablePointer<Float>
  ) {
    let (count, limit, stride) = (rows.count, rows.upperBound, strips.stride)
    let sums = scores + AttentionStrips.height * stride
    strips.multiply(
      count, AttentionStrips.whole(limit), queries, queryStride, 1, keys, stride, into: scores,
      stride, depth: width, scale: scale)
    for query in 0..<count {
      let row = scores + query * stride
      let visible = rows.lowerBound + query + 1
      let lanes = AttentionStrips.whole(visible)
      (row + visible).update(repeating: -.infinity, count: lanes - visible)
      let (largest, sum) = CausalAttention.exponentials(row, lanes)
      if lanes < limit { (row + lanes).update(repeating: 0, count: limit - lanes) }
      statistics[query * statisticsStride] = largest
      statistics[query * statisticsStride + 1] = 1 / sum
    }
    strips.multiply(
      count, strips.padded, scores, stride, 1, values, strips.padded, into: sums, strips.padded,
      depth: limit)
    for query in 0..<count {
      let (from, to) = (sums + query * strips.padded, y + query * yStride)
      let inverse = statistics[query * statisticsStride + 1]
      forLanes(width) { offset, lanes in
        (Lanes(from + offset, 8) * inverse).store(to + offset, lanes)
      }
    }
  }

  /// Turns scores into e^(score − largest); gives the largest and the sum.
  @inline(__always)
  static func exponentials(_ row: UnsafeMutablePointer<Float>, _ count: Int) -> (Float, Float) {
    var most = Lanes(repeating: -.infinity)
    forLanes(count) { offset, lanes in
      let scores = Lanes(row + offset, lanes, fill: -.infinity)
      most.replace(with: scores, where: scores .> most)
    }
    let largest = most.largest
    var sum = Lanes.zero
    @_transparent func power(_ offset: Int, _ lanes: Int) {
      let powers = exponential(Lanes(row + offset, lanes, fill: -.infinity) - largest)
      sum += powers
      powers.store(row + offset, lanes)
    }
    forLanes(count, power)
    return (largest, sum.total)
  }

  func check(
    _ queries: HeadsView, _ keys: HeadsView, _ values: HeadsView, into y: HeadsView,
    _ statistics: MatrixView, rows: Int
  ) {
    check(queries, keys, values, rows: rows)
    precondition(y.hasShape(of: queries), "y [N, H, W]")
    checkStatistics(statistics, rows: rows)
  }

  func check(_ queries: HeadsView, _ keys: HeadsView, _ values: HeadsView, rows: Int) {
    precondition(queries.count == heads && queries.width == width, "queries [N, H, W]")
    precondition(
      keys.count == keyHeads && keys.width == width && keys.hasShape(of: values)
        && keys.rows == queries.rows, "keys and values [N, G, W]")
    precondition(rows == queries.rows, "segments or branches of N rows")
  }

  func checkStatistics(_ statistics: MatrixView, rows: Int) {
    precondition(
      statistics.rows == rows && statistics.columns == 2 * heads, "statistics [N, 2H]")
  }
}

/// The blocks of queries of all segments, in the order of their rows.
private struct QueryBlocks {
  private let blocks: [(first: Int, rows: Range<Int>)]

  init(_ segments: Segments) {
    blocks = (0..<segments.count).flatMap { index in
      let segment = segments[index]
      return (0..<pieces(segment.count, of: CausalAttention.block)).map {
        (segment.lowerBound, piece($0, of: CausalAttention.block, in: segment.count))
      }
    }
  }

  var count: Int { blocks.count }

  /// The first row of the block's segment, and the block's rows counted from there.
  subscript(index: Int) -> (first: Int, rows: Range<Int>) { blocks[index] }
}
