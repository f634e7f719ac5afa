internal import Foundation

/// The fastest product of large matrices that was measured: the limit that a step is held against.
public struct SgemmPeak: Sendable, Equatable {
  /// Billions of floating-point operations a second, of all workers together.
  public let gigaflops: Double

  /// Measures `[n, n] · [n, n]`, cut into the tiles that training uses.
  ///
  /// - Parameters:
  ///   - size: n.
  ///   - rounds: how often; the fastest counts.
  /// - Throws: `TensorsError` where there is no memory for three such matrices.
  public init(size: Int = 2_048, rounds: Int = 8, on workers: Workers) throws(TensorsError) {
    precondition(size > 0 && rounds > 0, "something to measure")
    let block = try FloatBlock(count: 3 * size * size)
    let matrices = (0..<3).map {
      block.matrix(at: $0 * size * size, rows: size, columns: size)
    }
    for index in 0..<(2 * size * size) { block.base[index] = Float(index % 7) - 3 }
    var best = Double.infinity
    for _ in 0..<rounds {
      let start = DispatchTime.now().uptimeNanoseconds
      workers.multiply(matrices[0], byTransposed: matrices[1], into: matrices[2])
      best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
    }
    let cube = Double(size) * Double(size) * Double(size)
    gigaflops = 2e-9 * cube / best
  }
}
