import Tensors

/// What the machine allows, with the threads that decode: measured in the same run.
struct MachineLimits: Encodable {
  /// Bytes of the weights.
  let weightBytes: Int
  /// GB/s of reading a block of the weights' size again and again; caches hold a part of it.
  let readWeights: Double
  /// GB/s of reading a block of 512 MiB, which no cache holds.
  let readMemory: Double
  /// Billion operations per second of a large product, a multiplication and an addition each two.
  let gigaflops: Double

  init(weights: Int, on workers: Workers) throws {
    weightBytes = weights * 4
    readWeights = try MachineLimits.read(floats: weights, times: 40, on: workers)
    readMemory = try MachineLimits.read(floats: 128 << 20, times: 6, on: workers)
    gigaflops = try MachineLimits.multiply(on: workers)
  }

  /// Tokens per second of `batch` sequences that nothing but the machine holds back.
  func tokensPerSecond(_ batch: Int, parameters: Int) -> Double {
    let steps = readWeights * 1e9 / Double(weightBytes)
    return min(steps * Double(batch), gigaflops * 1e9 / Double(2 * parameters))
  }

  /// GB/s, the median of `times`.
  private static func read(floats: Int, times: Int, on workers: Workers) throws -> Double {
    let block = try FloatBlock(count: floats)
    let sums = try FloatBlock(count: 16 * workers.count)
    let tile = 1 << 16
    let timings = (0..<times).map { _ in
      Timing {
        workers.run(tiles: (floats + tile - 1) / tile) { index, worker in
          let range = index * tile..<min((index + 1) * tile, floats)
          sums.base[16 * worker] += sum(UnsafeBufferPointer(rebasing: block.floats[range]))
        }
      }.wall
    }
    // The block is zero, and the compiler does not know it.
    precondition(sums.base[0] == 0, "memory changed by itself")
    return Double(floats * 4) / median(timings) / 1e9
  }

  private static func sum(_ floats: UnsafeBufferPointer<Float>) -> Float {
    let bytes = UnsafeRawBufferPointer(floats)
    var (a, b, c, d) = (SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>(), SIMD8<Float>())
    var offset = 0
    while offset + 128 <= bytes.count {
      a += bytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
      b += bytes.loadUnaligned(fromByteOffset: offset + 32, as: SIMD8<Float>.self)
      c += bytes.loadUnaligned(fromByteOffset: offset + 64, as: SIMD8<Float>.self)
      d += bytes.loadUnaligned(fromByteOffset: offset + 96, as: SIMD8<Float>.self)
      offset += 128
    }
    return (a + b + c + d).sum()
  }

  private static func multiply(on workers: Workers) throws -> Double {
    let size = 1_024
    let block = try FloatBlock(count: 3 * size * size)
    let matrices = (0..<3).map { block.matrix(at: $0 * size * size, rows: size, columns: size) }
    let timings = (0..<7).map { _ in
      Timing { workers.multiply(matrices[0], byTransposed: matrices[1], into: matrices[2]) }.wall
    }
    let flops = 2.0 * Double(size) * Double(size) * Double(size)
    return flops / median(timings) / 1e9
  }
}
