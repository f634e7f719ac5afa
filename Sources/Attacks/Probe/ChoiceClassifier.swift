internal import Evaluation
internal import Foundation
internal import Streams
internal import Tensors

/// A linear classifier of choices: conditional logistic regression (McFadden 1974), a softmax over
/// the choices of each question, with an L2 penalty.
///
/// It minimises mean over questions of −log p(right choice) + penalty/2 · |w|², where w belongs to
/// features divided by their deviation over the training questions. Newton's method with conjugate
/// gradients (Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.1) in Double, on one
/// thread: the same items give the same bits. The penalty makes the minimum one point.
struct ChoiceClassifier {
  /// The largest part of the gradient at which w counts as found.
  static let tolerance = 1e-9
  /// Newton steps, and conjugate gradients of each, at most.
  static let limits = (newton: 100, conjugate: 500)

  /// One over the deviation of each feature.
  let scales: [Double]
  /// w, D weights of scaled features.
  private(set) var weights: [Double]
  /// The largest part of the gradient there.
  private(set) var gradient = Double.infinity

  /// Whether the minimum was found. It is not where the process was asked to stop.
  var isSolved: Bool { gradient <= ChoiceClassifier.tolerance }

  /// Finds the weights.
  ///
  /// - Parameters:
  ///   - questions: the training questions, by number, at least one.
  ///   - penalty: above 0.
  ///   - other: where the search begins, and of which training questions the scales are; nil for
  ///     zero.
  init(
    _ items: ProbeItems, questions: [Int], penalty: Double, from other: ChoiceClassifier? = nil
  ) {
    precondition(!questions.isEmpty && penalty > 0, "questions to learn from, and one minimum")
    scales = other?.scales ?? items.scales(of: questions)
    weights = other?.weights ?? Array(repeating: 0, count: items.width)
    let loss = ChoiceLoss(items, questions: questions, scales: scales, penalty: penalty)
    for _ in 0..<ChoiceClassifier.limits.newton {
      let (value, slope) = loss.gradient(at: weights)
      gradient = slope.reduce(0) { max($0, abs($1)) }
      if isSolved || Interruption.isRequested { return }
      let direction = ChoiceClassifier.direction(loss, slope)
      let descent = ChoiceClassifier.product(slope, direction)
      // Half the way until it leads down, as far as Double can tell (Armijo 1966).
      var step = 1.0
      while step > 1e-10 {
        let next = zip(weights, direction).map { $0 + step * $1 }
        if loss.value(at: next) <= value + 1e-4 * step * descent + 4 * value.ulp {
          weights = next
          break
        }
        step /= 2
      }
      if step <= 1e-10 { return }
    }
  }

  /// The choice that each question gets: the one of the largest score, the first of equals.
  func choices(_ items: ProbeItems, questions: [Int]) -> [Int] {
    let combined = zip(weights, scales).map { $0 * $1 }
    return questions.map { question in
      ChoiceResult.best(
        items.choices[question].map { ChoiceLoss.dot(items.features.row($0), combined) })
    }
  }

  /// How many questions get the right choice.
  func right(_ items: ProbeItems, questions: [Int]) -> Int {
    zip(choices(items, questions: questions), questions).count { $0 == items.answers[$1] }
  }

  /// About −H⁻¹g, by conjugate gradients: the more exact the nearer the minimum is.
  private static func direction(_ loss: ChoiceLoss, _ slope: [Double]) -> [Double] {
    let size = product(slope, slope).squareRoot()
    let goal = min(0.1, size) * size
    var result = Array(repeating: 0.0, count: slope.count)
    var residual = slope.map { -$0 }
    var direction = residual
    var square = size * size
    for _ in 0..<limits.conjugate where square.squareRoot() > goal {
      if Interruption.isRequested { break }
      let curved = loss.curvature(along: direction)
      let step = square / product(direction, curved)
      for index in result.indices {
        result[index] += step * direction[index]
        residual[index] -= step * curved[index]
      }
      let next = product(residual, residual)
      for index in direction.indices {
        direction[index] = residual[index] + next / square * direction[index]
      }
      square = next
    }
    return result
  }

  private static func product(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
