public import Tensors

extension TrainingPass {
  /// The next-token cross entropy of a batch.
  public struct Loss: Sendable, Equatable {
    /// The mean over scored tokens, in nats; 0 where there is none.
    public var mean: Double
    /// The sum over the scored tokens of each sequence, in nats.
    public var sequences: [Double]
    /// The scored tokens of each sequence.
    public var scored: [Int]
    /// The negative log-likelihood of the token behind each row, B·T, 0 where it is not scored.
    public var tokens: [Double]
  }

  /// The loss of the last forward pass.
  ///
  /// - Parameter labels: B·T tokens, laid as the batch; ``CrossEntropy/ignored`` where one is not
  ///   scored. The first of a sequence never is.
  public func loss(labels: [Int32]) -> Loss {
    let shifted = next(labels)
    return loss(
      CrossEntropy.forward(hidden: final, head: model.head, labels: shifted, on: workers), shifted)
  }

  /// The loss, whose gradient is added: that of the output matrix to `gradients`, a block of the
  /// model's layout, and that of the hidden states to ``finalGradient``.
  /// ``backward(into:selection:)`` follows.
  ///
  /// - Parameter weight: what the mean is multiplied by.
  public func lossAndGradient(
    labels: [Int32], weight: Float = 1, into gradients: FloatBlock,
    selection: ParameterSelection = .all
  ) -> Loss {
    let shifted = next(labels)
    let scored = shifted.reduce(0) { $0 + ($1 == CrossEntropy.ignored ? 0 : 1) }
    let each = scored == 0 ? 0 : Float(Double(weight) / Double(scored))
    return lossAndGradient(
      shifted, Array(repeating: each, count: shifted.count), gradients, selection)
  }

  /// The same with a weight for each row: the gradient added is that of the sum of
  /// weights[n] · nll[n], where row n scores token n + 1 of its sequence.
  ///
  /// - Parameter weights: B·T factors; those of rows that are not scored do not count.
  public func lossAndGradient(
    labels: [Int32], weights: [Float], into gradients: FloatBlock,
    selection: ParameterSelection = .all
  ) -> Loss {
    precondition(weights.count == rows, "a weight for each row")
    return lossAndGradient(next(labels), weights, gradients, selection)
  }

  /// The loss of rows whose targets are given: what row n predicts is `targets[n]`.
  ///
  /// - Parameter targets: B·T tokens; ``CrossEntropy/ignored`` where a row is not scored.
  public func loss(targets: [Int32]) -> Loss {
    precondition(targets.count == rows, "a target for each row")
    return loss(
      CrossEntropy.forward(hidden: final, head: model.head, labels: targets, on: workers), targets)
  }

  /// The same with its gradient: that of `factor` · Σ nll over the scored rows.
  ///
  /// - Parameter factor: one over the scored tokens of a step, for a mean over all of its slices.
  public func lossAndGradient(
    targets: [Int32], factor: Float, into gradients: FloatBlock,
    selection: ParameterSelection = .all
  ) -> Loss {
    precondition(targets.count == rows, "a target for each row")
    return lossAndGradient(
      targets, Array(repeating: factor, count: targets.count), gradients, selection)
  }

  private func lossAndGradient(
    _ shifted: [Int32], _ weights: [Float], _ gradients: FloatBlock,
    _ selection: ParameterSelection
  ) -> Loss {
    let losses = CrossEntropy.backward(
      hidden: final, head: model.head, labels: shifted, weights: weights,
      gradients: headGradients(in: gradients, selection), on: workers)
    return loss(losses, shifted)
  }

  /// What each row predicts: the label of the next row of its segment.
  private func next(_ labels: [Int32]) -> [Int32] {
    precondition(labels.count == rows, "a label for each token")
    var next = Array(labels.dropFirst())
    next.append(CrossEntropy.ignored)
    for index in 0..<segments.count {
      next[segments[index].upperBound - 1] = CrossEntropy.ignored
    }
    return next
  }

  private func loss(_ losses: [Double], _ shifted: [Int32]) -> Loss {
    var result = Loss(mean: 0, sequences: [], scored: [], tokens: losses)
    for first in stride(from: 0, to: losses.count, by: length) {
      let range = first..<(first + length)
      result.sequences.append(CrossEntropy.sum(losses[range]))
      result.scored.append(
        shifted[range].reduce(0) { $0 + ($1 == CrossEntropy.ignored ? 0 : 1) })
    }
    let scored = result.scored.reduce(0, +)
    if scored > 0 { result.mean = CrossEntropy.sum(result.sequences) / Double(scored) }
    return result
  }
}
