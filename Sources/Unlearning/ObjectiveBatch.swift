internal import Tensors

/// The label of a token that is not scored.
let ignored = CrossEntropy.ignored

/// What an objective is told of a batch besides the model's own answer.
public struct ObjectiveBatch: Sendable {
  /// B·T tokens, sequence after sequence; ``CrossEntropy/ignored`` where one does not count.
  public let labels: [Int32]
  /// T.
  public let length: Int
  /// What the reference says.
  public var reference: ReferenceValues

  /// The rows that predict a scored token, ascending: row b·T + t predicts token t + 1.
  let rows: [Int32]
  /// The token that each of ``rows`` predicts.
  let targets: [Int32]
  /// The scored tokens of each sequence, n_b.
  let scored: [Int]
  /// The labelled tokens of each sequence, m_b.
  let labelled: [Int]

  /// B.
  public var sequences: Int { scored.count }

  /// A batch.
  ///
  /// - Parameters:
  ///   - labels: B·T labels, as the tokens lie; ``CrossEntropy/ignored`` in prompts and padding.
  ///   - length: T.
  /// - Throws: ``ObjectiveError/nothingScored(sequence:)`` where a sequence would be scored by no
  ///   token: its loss would be a mean of nothing.
  public init(
    labels: [Int32], length: Int, reference: ReferenceValues = ReferenceValues()
  ) throws(ObjectiveError) {
    precondition(length > 0 && labels.count % length == 0, "B sequences of T labels")
    precondition(labels.allSatisfy { $0 >= 0 || $0 == ignored }, "labels, or ignored")
    (self.labels, self.length, self.reference) = (labels, length, reference)
    var (rows, targets, scored, labelled): ([Int32], [Int32], [Int], [Int]) = ([], [], [], [])
    for first in stride(from: 0, to: labels.count, by: length) {
      let before = rows.count
      for row in first..<(first + length - 1) where labels[row + 1] != ignored {
        rows.append(Int32(row))
        targets.append(labels[row + 1])
      }
      guard rows.count > before else { throw .nothingScored(sequence: first / length) }
      scored.append(rows.count - before)
      labelled.append(rows.count - before + (labels[first] == ignored ? 0 : 1))
    }
    (self.rows, self.targets, self.scored, self.labelled) = (rows, targets, scored, labelled)
  }

  /// How many things an objective's mean is over.
  public func count(_ averaging: ObjectiveAveraging) -> Int {
    switch averaging {
    case .scoredTokens: rows.count
    case .labelledTokens: labelled.reduce(0, +)
    case .sequences: sequences
    }
  }
}
