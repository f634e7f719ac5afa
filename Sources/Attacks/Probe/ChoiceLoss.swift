internal import Foundation
internal import Tensors

/// What a ``ChoiceClassifier`` minimises, with its derivatives. It keeps the probabilities of the
/// last ``gradient(at:)``, which ``curvature(along:)`` reads.
final class ChoiceLoss {
  private let items: ProbeItems
  private let questions: [Int]
  private let scales: [Double]
  private let penalty: Double
  /// The probability of each choice, by row.
  private var probabilities: [Double]

  init(_ items: ProbeItems, questions: [Int], scales: [Double], penalty: Double) {
    (self.items, self.questions) = (items, questions)
    (self.scales, self.penalty) = (scales, penalty)
    probabilities = Array(repeating: 0, count: items.features.rows)
  }

  /// The loss.
  func value(at weights: [Double]) -> Double {
    let combined = scaled(weights)
    return regularised(questions.reduce(0) { $0 + loss(of: $1, combined) }, weights)
  }

  /// The loss and its gradient.
  func gradient(at weights: [Double]) -> (value: Double, gradient: [Double]) {
    let combined = scaled(weights)
    var sum = 0.0
    var gradient = Array(repeating: 0.0, count: weights.count)
    for question in questions {
      sum += loss(of: question, combined)
      let right = items.choices[question].lowerBound + items.answers[question]
      for row in items.choices[question] {
        add(row, times: probabilities[row] - (row == right ? 1 : 0), to: &gradient)
      }
    }
    finish(&gradient, penalising: weights)
    return (regularised(sum, weights), gradient)
  }

  /// The second derivative times a direction, at the weights of the last ``gradient(at:)``.
  func curvature(along direction: [Double]) -> [Double] {
    let combined = scaled(direction)
    var result = Array(repeating: 0.0, count: direction.count)
    for question in questions {
      let rows = items.choices[question]
      let scores = rows.map { ChoiceLoss.dot(items.features.row($0), combined) }
      let mean = zip(rows, scores).reduce(0) { $0 + probabilities[$1.0] * $1.1 }
      for (row, score) in zip(rows, scores) {
        add(row, times: probabilities[row] * (score - mean), to: &result)
      }
    }
    finish(&result, penalising: direction)
    return result
  }

  /// −log p of a question's right choice; its probabilities stay.
  private func loss(of question: Int, _ combined: [Double]) -> Double {
    let rows = items.choices[question]
    let scores = rows.map { ChoiceLoss.dot(items.features.row($0), combined) }
    let largest = scores.max() ?? 0
    var sum = 0.0
    for (row, score) in zip(rows, scores) {
      probabilities[row] = exp(score - largest)
      sum += probabilities[row]
    }
    for row in rows { probabilities[row] /= sum }
    return log(sum) - (scores[items.answers[question]] - largest)
  }

  private func regularised(_ sum: Double, _ weights: [Double]) -> Double {
    sum / Double(questions.count) + penalty / 2 * weights.reduce(0) { $0 + $1 * $1 }
  }

  private func finish(_ sums: inout [Double], penalising weights: [Double]) {
    for index in sums.indices {
      sums[index] = sums[index] * scales[index] / Double(questions.count) + penalty * weights[index]
    }
  }

  private func scaled(_ weights: [Double]) -> [Double] { zip(weights, scales).map { $0 * $1 } }

  // MARK: - Rows

  private func add(_ row: Int, times factor: Double, to sums: inout [Double]) {
    let values = items.features.row(row)
    sums.withUnsafeMutableBufferPointer { sums in
      for index in sums.indices { sums[index] += factor * Double(values[index]) }
    }
  }

  /// A row of Floats times weights, in sums of four that are added at the end.
  static func dot(_ row: UnsafeMutablePointer<Float>, _ weights: [Double]) -> Double {
    weights.withUnsafeBufferPointer { weights in
      var sums = SIMD4<Double>.zero
      let whole = weights.count / 4 * 4
      for index in stride(from: 0, to: whole, by: 4) {
        let values = SIMD4(
          Double(row[index]), Double(row[index + 1]), Double(row[index + 2]),
          Double(row[index + 3]))
        let own = SIMD4(
          weights[index], weights[index + 1], weights[index + 2], weights[index + 3])
        sums += values * own
      }
      var sum = sums.sum()
      for index in whole..<weights.count { sum += Double(row[index]) * weights[index] }
      return sum
    }
  }
}
