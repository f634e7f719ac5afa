public import Language
public import Tensors

/// Where an objective reads the model and leaves gradients: a pass behind its forward pass.
public struct ObjectiveSite {
  /// The pass, whose last forward pass was for gradients.
  public let pass: TrainingPass
  /// A block of the model's layout: the output matrix's gradient is added here. Nil where only the
  /// loss is wanted; then no gradient is left anywhere.
  public let gradients: FloatBlock?
  /// The parameters that are trained.
  public let selection: ParameterSelection
  /// What the gradient is multiplied by: the coefficient of the term.
  public let weight: Double
  let workers: Workers

  /// A site.
  public init(
    _ pass: TrainingPass, gradients: FloatBlock?, selection: ParameterSelection = .all,
    weight: Double = 1, on workers: Workers
  ) {
    (self.pass, self.gradients, self.selection) = (pass, gradients, selection)
    (self.weight, self.workers) = (weight, workers)
  }

  // MARK: - Logits

  /// The logits of one scored token.
  struct Row {
    /// z `[V]`; the kernel leaves their gradient in place.
    let logits: UnsafeMutablePointer<Float>
    /// The reference's, for the kernel to use up; nothing where none were asked for.
    let reference: UnsafeMutablePointer<Float>?
    /// V.
    let count: Int
    /// The token that is predicted.
    let label: Int

    /// The reference's logits, where the objective asked for them.
    var expected: UnsafeMutablePointer<Float> {
      guard let reference else { preconditionFailure("logits of the reference") }
      return reference
    }
  }

  /// The sum over all scored tokens of what the kernel returns.
  ///
  /// - Parameter kernel: called once for each row, by any worker.
  func overScored(
    _ batch: ObjectiveBatch, reference: ReferenceLogits? = nil, _ kernel: (Row) -> Double
  ) throws -> Double {
    var losses = Array(repeating: 0.0, count: batch.rows.count)
    let room = try reference?.room(rows: min(batch.rows.count, pass.model.head.chunk))
    losses.withUnsafeMutableBufferPointer { losses in
      let losses = losses
      pass.overLogits(rows: batch.rows, into: gradients, selection: selection) {
        places, logits in
        let expected = room.flatMap { reference?.make(batch.rows[places], in: $0, on: workers) }
        overRows(places.count, columns: logits.columns) { row in
          let place = places.lowerBound + row
          losses[place] = kernel(
            Row(
              logits: logits.row(row), reference: expected?.row(row), count: logits.columns,
              label: Int(batch.targets[place])))
        }
      }
    }
    return CrossEntropy.sum(losses)
  }

  // MARK: - Likelihoods

  /// A loss that is a function of all sequences' likelihoods together.
  ///
  /// - Parameter function: gets S `[B]`, and returns the loss and its derivative by each S.
  func overSequences(
    _ batch: ObjectiveBatch, _ function: (_ sums: [Double]) -> (loss: Double, slopes: [Double])
  ) -> Double {
    let (loss, slopes) = function(pass.loss(labels: batch.labels).sequences)
    guard let gradients else { return loss }
    // The output matrix twice: a sequence's slope is known when all of its tokens are.
    let weights = batch.labels.indices.map { Float(weight * slopes[$0 / batch.length]) }
    _ = pass.lossAndGradient(
      labels: batch.labels, weights: weights, into: gradients, selection: selection)
    return loss
  }

  /// factor · the mean negative log-likelihood of the scored tokens.
  func mean(_ batch: ObjectiveBatch, times factor: Double) -> Double {
    guard let gradients else { return factor * pass.loss(labels: batch.labels).mean }
    return factor
      * pass.lossAndGradient(
        labels: batch.labels, weight: Float(weight * factor), into: gradients,
        selection: selection
      ).mean
  }

  // MARK: - Hidden states

  /// The sum over all labelled tokens, and over layers, of what the kernel returns.
  ///
  /// - Parameter kernel: gets a layer, a row, the state `[D]` of that row, and where its gradient
  ///   is added, if one is wanted; called by any worker.
  func overLabelled(
    _ batch: ObjectiveBatch, layers: [Int],
    _ kernel: (
      _ layer: Int, _ row: Int, _ state: UnsafePointer<Float>,
      _ gradient: UnsafeMutablePointer<Float>?
    ) -> Double
  ) throws -> Double {
    let rows = batch.labels.indices.filter { batch.labels[$0] != ignored }
    var losses = Array(repeating: 0.0, count: rows.count * layers.count)
    for (index, layer) in layers.enumerated() {
      let hidden = pass.hidden(after: layer)
      let gradient = gradients == nil ? nil : try pass.hiddenGradient(after: layer)
      losses.withUnsafeMutableBufferPointer { losses in
        let losses = losses
        overRows(rows.count, columns: hidden.columns) { place in
          let row = rows[place]
          losses[index * rows.count + place] = kernel(
            layer, row, hidden.row(row), gradient?.row(row))
        }
      }
    }
    return CrossEntropy.sum(losses)
  }

  /// Calls `body` with each row, in tiles of a fixed size.
  func overRows(_ rows: Int, columns: Int, _ body: (Int) -> Void) {
    let step = max(1, 16_384 / max(columns, 1))
    workers.run(tiles: (rows + step - 1) / step) { tile, _ in
      for row in (tile * step)..<min((tile + 1) * step, rows) { body(row) }
    }
  }
}
