internal import Tensors

/// Questions as a probe sees them: each choice is a row of features.
struct ProbeItems: @unchecked Sendable {
  /// The features `[N, D]`, all finite.
  let features: MatrixView
  /// The rows of each question's choices, two at least.
  let choices: [Range<Int>]
  /// The index of each question's right choice.
  let answers: [Int]

  /// D, features of a choice.
  var width: Int { features.columns }
  /// How many questions there are.
  var count: Int { choices.count }

  /// Takes from each feature its mean over the choices of its question, in place: a softmax over
  /// the choices sees nothing else, and what all texts have in common, which can be a thousand
  /// times larger, costs no digits.
  func centre() {
    var sums = [Double](repeating: 0, count: width)
    for rows in choices {
      for column in sums.indices { sums[column] = 0 }
      for row in rows {
        let row = features.row(row)
        for column in sums.indices { sums[column] += Double(row[column]) }
      }
      for row in rows {
        let row = features.row(row)
        for column in sums.indices {
          row[column] = Float(Double(row[column]) - sums[column] / Double(rows.count))
        }
      }
    }
  }

  /// One over the deviation of each feature over the choices of some questions; 0 for one that
  /// never differs.
  ///
  /// - Precondition: the features are centred.
  func scales(of questions: [Int]) -> [Double] {
    var squares = [Double](repeating: 0, count: width)
    var rows = 0
    for row in questions.lazy.flatMap({ choices[$0] }) {
      let values = features.row(row)
      for column in squares.indices {
        squares[column] += Double(values[column]) * Double(values[column])
      }
      rows += 1
    }
    return squares.map { $0 > 0 ? (Double(rows) / $0).squareRoot() : 0 }
  }
}
