internal import Foundation

extension CrossEntropy {
  /// The negative log-likelihood of labels of which a row may have several, in nats: what of two
  /// continuations stands behind the same text.
  ///
  /// Each has the bits that ``forward(hidden:head:labels:on:)`` gives it; the logits of a row are
  /// made once.
  ///
  /// - Parameters:
  ///   - hidden: h `[N, D]`.
  ///   - rows: the row of each label, ascending.
  ///   - labels: numbers below V.
  public static func forward(
    hidden: MatrixView, head: OutputHead, rows: [Int32], labels: [Int32], on workers: Workers
  ) -> [Double] {
    let vocabulary = head.weight.rows
    precondition(rows.count == labels.count, "a row for each label")
    precondition(
      labels.allSatisfy { $0 >= 0 && Int($0) < vocabulary },
      "a label that the vocabulary does not have")
    // The labels of the i-th different row are those from first[i] to first[i + 1].
    var first: [Int] = []
    for index in rows.indices where index == 0 || rows[index] != rows[index - 1] {
      precondition(index == 0 || rows[index] > rows[index - 1], "rows ascend")
      first.append(index)
    }
    let different = first.map { rows[$0] }
    first.append(rows.count)
    var losses = Array(repeating: 0.0, count: labels.count)
    losses.withUnsafeMutableBufferPointer { losses in
      let (losses, first) = (losses, first)
      head.overChunks(hidden: hidden, rows: different, on: workers) { places, logits in
        workers.overRows(logits.rows, columns: vocabulary) { range, _ in
          for row in range {
            let own = first[places.lowerBound + row]..<first[places.lowerBound + row + 1]
            for index in own { losses[index] = Double(logits[row, Int(labels[index])]) }
            let scale = LogitRow.exponentiate(logits.row(row), vocabulary)
            for index in own { losses[index] = log(scale.sum) - (losses[index] - scale.largest) }
          }
        }
      }
    }
    return losses
  }
}
