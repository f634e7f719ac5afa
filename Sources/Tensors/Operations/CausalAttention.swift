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
    check(queries, keys, values, segments)
    precondition(y.hasShape(of: queries), "y [N, H, W]")
    checkStatistics(statistics, rows: queries.rows)
    let group = heads / keyHeads
    let blocks = QueryBlocks(segments)
    workers.run(tiles: blocks.count * heads) { tile, worker in
      let head = tile % heads
      let (first, rows) = blocks[tile / heads]
      let scores = workers.scratch.worker(worker, floats: rows.count * rows.upperBound)
      attend(
        queries: queries.at(row: first + rows.lowerBound, head: head), queries.rowStride,
        keys: keys.at(row: first, head: head / group), keys.rowStride,
        values: values.at(row: first, head: head / group), values.rowStride,
        into: y.at(row: first + rows.lowerBound, head: head), y.rowStride,
        statistics: statistics.row(first + rows.lowerBound) + 2 * head, statistics.stride,
        position: rows.lowerBound, count: rows.count, scores: scores)
    }
  }

  /// One head: `count` queries, the first at `position`, over the keys from 0 to each one's own.
  ///
  /// - Parameter scores: room for `count * (position + count)` floats.
  func attend(
    queries: UnsafePointer<Float>, _ queryStride: Int,
    keys: UnsafePointer<Float>, _ keyStride: Int,
    values: UnsafePointer<Float>, _ valueStride: Int,
    into y: UnsafeMutablePointer<Float>, _ yStride: Int,
    statistics: UnsafeMutablePointer<Float>?, _ statisticsStride: Int,
    position: Int, count: Int, scores: UnsafeMutablePointer<Float>
  ) {
    let seen = position + count
    BLAS.multiply(
      queries, .asIs, lda: queryStride, keys, .transposed, ldb: keyStride, into: scores, ldc: seen,
      m: count, n: seen, k: width, scale: scale, keep: 0)
    for query in 0..<count {
      let row = scores + query * seen
      let (largest, sum) = CausalAttention.exponentials(row, position + query + 1)
      (row + position + query + 1).update(repeating: 0, count: count - query - 1)
      let inverse = 1 / sum
      forLanes(position + query + 1) { offset, lanes in
        (Lanes(row + offset, lanes) * inverse).store(row + offset, lanes)
      }
      if let statistics {
        statistics[query * statisticsStride] = largest
        statistics[query * statisticsStride + 1] = inverse
      }
    }
    BLAS.multiply(
      scores, .asIs, lda: seen, values, .asIs, ldb: valueStride, into: y, ldc: yStride, m: count,
      n: width, k: seen, keep: 0)
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
    _ queries: HeadsView, _ keys: HeadsView, _ values: HeadsView, _ segments: Segments
  ) {
    precondition(queries.count == heads && queries.width == width, "queries [N, H, W]")
    precondition(
      keys.count == keyHeads && keys.width == width && keys.hasShape(of: values)
        && keys.rows == queries.rows, "keys and values [N, G, W]")
    precondition(segments.rows == queries.rows, "segments of N rows")
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
