/// Adam with decoupled weight decay (Loshchilov, Hutter 2017), in the order of PyTorch's `AdamW`.
public struct AdamW: Sendable, Equatable {
  /// The decay of the first moment, β₁.
  public var beta1: Float
  /// The decay of the second moment, β₂.
  public var beta2: Float
  /// What is added to the root of the second moment, ε.
  public var epsilon: Float

  /// PyTorch's defaults where nothing is given.
  public init(beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// Parameters of one step.
  public struct Step: Sendable, Equatable {
    /// The number of this step, from 1.
    public var number: Int
    /// The learning rate, η.
    public var rate: Float
    /// The weight decay, λ.
    public var decay: Float
    /// What every gradient is multiplied by first: that of ``GradientNorm/clipping(_:to:)``.
    public var gradientScale: Float

    /// One step.
    public init(number: Int, rate: Float, decay: Float = 0, gradientScale: Float = 1) {
      self.number = number
      self.rate = rate
      self.decay = decay
      self.gradientScale = gradientScale
    }
  }

  /// Updates parameters p and moments m, v in `ranges` by gradients g.
  ///
  /// p ← p (1 − η λ); m ← m + (g − m)(1 − β₁); v ← β₂ v + (1 − β₂) g²;
  /// p ← p − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
  ///
  /// - Parameter ranges: the floats that are trained; all where it is nil. Parameters with another
  ///   decay are stepped by another call.
  public func step(
    _ step: Step, parameters: FloatBlock, gradients: FloatBlock, firstMoments: FloatBlock,
    secondMoments: FloatBlock, ranges: [Range<Int>]? = nil, on workers: Workers
  ) {
    let count = parameters.count
    precondition(step.number > 0, "steps are counted from 1")
    precondition(
      gradients.count == count && firstMoments.count == count && secondMoments.count == count,
      "four blocks of one plan")
    let factors = Factors(self, step)
    for range in ranges ?? [0..<count] {
      precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside the block")
      workers.run(tiles: pieces(range.count, of: AdamW.tile)) { tile, _ in
        let part = piece(tile, of: AdamW.tile, in: range.count)
        let first = range.lowerBound + part.lowerBound
        factors.update(
          parameters.base + first, gradients.base + first, firstMoments.base + first,
          secondMoments.base + first, part.count)
      }
    }
  }

  private static let tile = 32_768

  /// The numbers of a step, computed in Double as PyTorch does.
  private struct Factors {
    let kept, first, second, inverseRoot, rate, epsilon, beta2, scale: Float

    init(_ adam: AdamW, _ step: Step) {
      // Powers by multiplication: no library function decides on bits.
      var (power1, power2) = (1.0, 1.0)
      for _ in 0..<min(step.number, 1_000_000) {
        power1 *= Double(adam.beta1)
        power2 *= Double(adam.beta2)
      }
      kept = Float(1 - Double(step.rate) * Double(step.decay))
      first = Float(1 - Double(adam.beta1))
      second = Float(1 - Double(adam.beta2))
      inverseRoot = Float(1 / (1 - power2).squareRoot())
      rate = Float(Double(step.rate) / (1 - power1))
      epsilon = adam.epsilon
      beta2 = adam.beta2
      scale = step.gradientScale
    }

    func update(
      _ p: UnsafeMutablePointer<Float>, _ g: UnsafePointer<Float>,
      _ m: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>, _ count: Int
    ) {
      forLanes(count) { offset, width in
        let gradient = Lanes(g + offset, width) * scale
        let oldFirst = Lanes(m + offset, width)
        let newFirst = oldFirst.plus(gradient - oldFirst, times: Lanes(repeating: first))
        let newSecond = (gradient * gradient * second)
          .plus(Lanes(v + offset, width), times: Lanes(repeating: beta2))
        newFirst.store(m + offset, width)
        newSecond.store(v + offset, width)
        let bottom = Lanes(repeating: epsilon)
          .plus(newSecond.root, times: Lanes(repeating: inverseRoot))
        (Lanes(p + offset, width) * kept)
          .plus(newFirst / bottom, times: Lanes(repeating: -rate)).store(p + offset, width)
      }
    }
  }
}

/// The 2-norm of all gradients, and what clips it.
public enum GradientNorm {
  private static let tile = 16_384

  /// √Σ g² over `ranges` (all where it is nil): Float within 1,024 numbers, Double above, in one
  /// order.
  public static func of(
    _ gradients: FloatBlock, ranges: [Range<Int>]? = nil, on workers: Workers
  ) -> Double {
    var total = 0.0
    for range in ranges ?? [0..<gradients.count] {
      precondition(range.lowerBound >= 0 && range.upperBound <= gradients.count, "outside")
      let tiles = pieces(range.count, of: tile)
      var sums = Array(repeating: 0.0, count: tiles)
      sums.withUnsafeMutableBufferPointer { sums in
        let sums = sums
        workers.run(tiles: tiles) { index, _ in
          let part = piece(index, of: tile, in: range.count)
          var sum = 0.0
          for index in 0..<pieces(part.count, of: 1_024) {
            let few = piece(index, of: 1_024, in: part.count)
            let from = gradients.base + range.lowerBound + part.lowerBound + few.lowerBound
            sum += Double(dot(from, from, few.count))
          }
          sums[index] = sum
        }
      }
      total = sums.reduce(total, +)
    }
    return total.squareRoot()
  }

  /// What gradients of norm `norm` are multiplied by so that it is at most `limit`:
  /// min(1, limit / (norm + 1e-6)), as PyTorch's `clip_grad_norm_`. A norm that is no number or
  /// infinite gives no number, so that the step cannot pass for a good one.
  public static func clipping(_ norm: Double, to limit: Double) -> Float {
    precondition(limit > 0, "a limit above 0")
    guard norm.isFinite else { return .nan }
    return Float(min(1, limit / (norm + 1e-6)))
  }
}
