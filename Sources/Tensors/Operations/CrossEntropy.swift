internal import Foundation

/// Cross-entropy of the next token, made from hidden states and the output matrix in chunks.
public enum CrossEntropy {
  /// The label of a row that is not scored.
  public static let ignored: Int32 = -100

  /// The negative log-likelihood of each row's label, in nats; 0 where the label is `ignored`.
  ///
  /// nll_n = log Σ_v e^(z_nv) − z_n,label, z = h Wᵀ + b. The logarithm and the difference are taken
  /// in Double.
  ///
  /// - Parameters:
  ///   - hidden: h `[N, D]`.
  ///   - labels: N numbers below V, or `ignored`: the label of a row is what this row predicts, so
  ///     the caller has shifted them.
  public static func forward(
    hidden: MatrixView, head: OutputHead, labels: [Int32], on workers: Workers
  ) -> [Double] {
    run(hidden, head, labels, weights: nil, gradients: nil, on: workers)
  }

  /// The same, and the gradient of Σ_n weights[n] · nll_n, added to `gradients`.
  ///
  /// ∂nll/∂z_v = p_v − [v = label].
  ///
  /// - Parameter weights: N factors, 1/n for a mean over n scored rows.
  public static func backward(
    hidden: MatrixView, head: OutputHead, labels: [Int32], weights: [Float],
    gradients: OutputHead.Gradients, on workers: Workers
  ) -> [Double] {
    run(hidden, head, labels, weights: weights, gradients: gradients, on: workers)
  }

  /// The sum of some rows' nll, from the first to the last.
  public static func sum(_ losses: some Collection<Double>) -> Double { losses.reduce(0, +) }

  private static func run(
    _ hidden: MatrixView, _ head: OutputHead, _ labels: [Int32], weights: [Float]?,
    gradients: OutputHead.Gradients?, on workers: Workers
  ) -> [Double] {
    let vocabulary = head.weight.rows
    precondition(labels.count == hidden.rows, "a label for each row")
    precondition(weights.map { $0.count == hidden.rows } ?? true, "a weight for each row")
    precondition(
      labels.allSatisfy { $0 == ignored || ($0 >= 0 && Int($0) < vocabulary) },
      "a label that the vocabulary does not have")
    let rows = labels.indices.filter { labels[$0] != ignored }.map { Int32($0) }
    var losses = Array(repeating: 0.0, count: labels.count)
    losses.withUnsafeMutableBufferPointer { losses in
      let losses = losses
      head.overChunks(hidden: hidden, rows: rows, gradients: gradients, on: workers) {
        places, logits in
        workers.overRows(logits.rows, columns: vocabulary) { range, _ in
          for row in range {
            let place = Int(rows[places.lowerBound + row])
            losses[place] = lossOfRow(
              logits.row(row), vocabulary, label: Int(labels[place]), weight: weights?[place])
          }
        }
      }
    }
    return losses
  }

  /// The loss of one row; with a weight, its logits become weight · (p − [label]).
  private static func lossOfRow(
    _ row: UnsafeMutablePointer<Float>, _ count: Int, label: Int, weight: Float?
  ) -> Double {
    var most = Lanes(repeating: -.infinity)
    forLanes(count) { offset, lanes in
      let logits = Lanes(row + offset, lanes, fill: -.infinity)
      most.replace(with: logits, where: logits .> most)
    }
    let largest = most.largest
    let own = row[label]
    var sum = 0.0
    // Sums of 2,048 in Float, these in Double: a vocabulary of 152,000 loses nothing.
    for index in 0..<pieces(count, of: 2_048) {
      let part = piece(index, of: 2_048, in: count)
      var lanesSum = Lanes.zero
      @_transparent func power(_ offset: Int, _ lanes: Int) {
        let place = row + part.lowerBound + offset
        let powers = exponential(Lanes(place, lanes, fill: -.infinity) - largest)
        lanesSum += powers
        if weight != nil { powers.store(place, lanes) }
      }
      forLanes(part.count, power)
      sum += Double(lanesSum.total)
    }
    if let weight {
      let factor = Float(Double(weight) / sum)
      forLanes(count) { offset, lanes in
        (Lanes(row + offset, lanes) * factor).store(row + offset, lanes)
      }
      row[label] -= weight
    }
    return log(sum) - (Double(own) - Double(largest))
  }
}
