internal import Foundation

/// Rotary position embedding (Su et al. 2021) in Hugging Face's half-split form: feature `i` is
/// turned with feature `i + R/2`, where R is the rotary width of a head.
///
/// Frequencies and angles are computed in Float as `transformers` does, because that is what
/// checkpoints were trained with; cosine and sine of the angle are rounded from Double.
public struct RotaryEmbedding: @unchecked Sendable {
  /// How frequencies are stretched for contexts longer than those of the first training.
  public enum Scaling: Sendable, Equatable {
    /// Not at all.
    case none
    /// Llama 3.1's: wave lengths above `originalContext / low` are divided by `factor`, those below
    /// `originalContext / high` are kept, those between are blended.
    case llama3(factor: Float, low: Float, high: Float, originalContext: Float)
  }

  /// How many of a head's first features are turned: R. The rest pass through.
  public let width: Int
  /// How many positions the table has.
  public let positions: Int
  private let table: FloatBlock
  private var half: Int { width / 2 }

  /// A table for `positions` positions.
  ///
  /// - Parameters:
  ///   - width: R, even; less than the head's width for a partial embedding.
  ///   - base: θ, mostly 10,000 or 500,000.
  ///   - positions: as many as will be used, R floats each; not the 131,072 that a model may allow.
  /// - Throws: ``TensorsError/outOfMemory(floats:)``.
  public init(width: Int, base: Float, scaling: Scaling = .none, positions: Int)
    throws(TensorsError)
  {
    precondition(width > 0 && width % 2 == 0 && positions > 0, "an even width, and positions")
    self.width = width
    self.positions = positions
    let frequencies = RotaryEmbedding.frequencies(width: width, base: base, scaling: scaling)
    table = try FloatBlock(count: positions * width)
    for position in 0..<positions {
      let row = table.base + position * width
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(Float(position) * frequency)
        row[index] = Float(cos(angle))
        row[width / 2 + index] = Float(sin(angle))
      }
    }
  }

  /// The R/2 frequencies, in radians per position.
  public static func frequencies(width: Int, base: Float, scaling: Scaling) -> [Float] {
    (0..<(width / 2)).map { index in
      let exponent = Float(2 * index) / Float(width)
      let frequency = 1 / Float(pow(Double(base), Double(exponent)))
      guard case .llama3(let factor, let low, let high, let context) = scaling else {
        return frequency
      }
      let wave = 2 * Float.pi / frequency
      if wave < context / high { return frequency }
      if wave > context / low { return frequency / factor }
      let share = (context / wave - low) / (high - low)
      return (1 - share) * frequency / factor + share * frequency
    }
  }

  /// Turns every head of x `[N, H, W]` in place by the position of its row.
  ///
  /// x'_i = x_i cos − x_{i+R/2} sin, x'_{i+R/2} = x_{i+R/2} cos + x_i sin for i < R/2.
  ///
  /// - Parameter at: N positions, each below `positions`.
  public func forward(_ x: HeadsView, at: [Int32], on workers: Workers) {
    turn(x, at, direction: 1, on: workers)
  }

  /// Turns the gradient of every head back in place: the rotation is orthogonal, its transpose is
  /// the rotation by the opposite angle. Shapes as in forward.
  public func backward(_ dx: HeadsView, at: [Int32], on workers: Workers) {
    turn(dx, at, direction: -1, on: workers)
  }

  private func turn(_ x: HeadsView, _ at: [Int32], direction: Float, on workers: Workers) {
    precondition(x.width >= width, "the rotary width is within a head")
    precondition(
      at.count == x.rows && at.allSatisfy { $0 >= 0 && Int($0) < positions },
      "N positions that the table has")
    workers.overRows(x.rows, columns: x.count * x.width) { rows, _ in
      for row in rows {
        let cosines = table.base + Int(at[row]) * width
        let sines = cosines + half
        for head in 0..<x.count {
          let first = x.at(row: row, head: head)
          let second = first + half
          forLanes(half) { offset, lanes in
            let (a, b) = (Lanes(first + offset, lanes), Lanes(second + offset, lanes))
            let cosine = Lanes(cosines + offset, lanes)
            let sine = Lanes(sines + offset, lanes) * direction
            (a * cosine).plus(b, times: -sine).store(first + offset, lanes)
            (b * cosine).plus(a, times: sine).store(second + offset, lanes)
          }
        }
      }
    }
  }
}
