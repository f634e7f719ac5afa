internal import Evaluation
internal import Language
internal import Tensors

/// Reads the features of choices from the residual streams of a batch; ``StreamFeatures`` says what
/// they are.
struct ChoiceReader {
  private let lengths: [Int]
  private let subject: AttackSubject
  private let room: FloatBlock

  /// Room for batches of at most `rows` tokens.
  ///
  /// - Parameter lengths: how many tokens of each sequence are its choice's.
  /// - Throws: `TensorsError` where there is no memory for them.
  init(_ lengths: [Int], rows: Int, of subject: AttackSubject) throws {
    (self.lengths, self.subject) = (lengths, subject)
    room = try FloatBlock(count: rows * (subject.model.shape.width + 2))
  }

  /// Reads a batch.
  ///
  /// - Parameters:
  ///   - hidden: the streams of the batch `[N, D]`.
  ///   - features: `[sequences, 2 D + 1]`; the rows of the batch's sequences are written.
  func read(_ batch: SequenceBatches.Batch, _ hidden: MatrixView, into features: MatrixView) {
    let (model, width) = (subject.model, subject.model.shape.width)
    precondition(features.columns == StreamFeatures.count(width: width), "2 D + 1 features")
    let states = room.matrix(rows: hidden.rows, columns: width)
    model.lastNorm(
      hidden, into: states,
      statistics: room.matrix(at: hidden.rows * width, rows: hidden.rows, columns: 2),
      on: subject.workers)
    var labels = Array(repeating: CrossEntropy.ignored, count: hidden.rows)
    // The rows that predict the tokens of each choice.
    let ends = zip(batch.numbers, batch.rows).map { number, rows in
      rows.dropLast().suffix(lengths[number])
    }
    for end in ends {
      for row in end { labels[row] = batch.tokens[row + 1] }
    }
    let losses = CrossEntropy.forward(
      hidden: states, head: model.head, labels: labels, on: subject.workers)
    for (place, number) in batch.numbers.enumerated() {
      let result = features.row(number)
      result.update(from: hidden.row(batch.rows[place].upperBound - 1), count: width)
      let products = result + width
      products.update(repeating: 0, count: width)
      for row in ends[place] {
        let (state, output) = (states.row(row), model.head.weight.row(Int(labels[row])))
        for index in 0..<width { products[index] += state[index] * output[index] }
      }
      result[2 * width] = Float(-CrossEntropy.sum(losses[ends[place]]))
    }
  }
}
