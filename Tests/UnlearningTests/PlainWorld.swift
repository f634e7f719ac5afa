import Foundation
import Language
import Tensors
import Unlearning

/// What a loss is a function of, in Double, and the words that formulas are written in.
struct PlainWorld {
  typealias Matrix = [[Double]]

  /// Behind the last norm, `[B·T, D]`.
  var final: Matrix
  /// W `[V, D]`.
  let head: Matrix
  /// Behind each block.
  var hidden: [Matrix]
  let labels: [Int]
  let length: Int
  let direction: [Double]
  /// The reference's.
  let referenceLogits: Matrix
  let referenceHidden: [Matrix]

  init(_ world: SmallWorld, _ pass: TrainingPass, direction: [Float]) throws {
    final = PlainWorld.matrix(pass.final)
    head = PlainWorld.matrix(world.model.head.weight)
    hidden = (0..<2).map { PlainWorld.matrix(pass.hidden(after: $0)) }
    (labels, length) = (world.labels.map { Int($0) }, world.length)
    self.direction = direction.map { Double($0) }
    let other = TrainingPass(world.reference, on: Workers(count: 1))
    try other.forward(world.tokens, length: world.length)
    let weight = PlainWorld.matrix(world.reference.head.weight)
    referenceLogits = PlainWorld.matrix(other.final).map { PlainWorld.product($0, weight) }
    referenceHidden = (0..<2).map { PlainWorld.matrix(other.hidden(after: $0)) }
  }

  static func matrix(_ view: MatrixView) -> Matrix {
    (0..<view.rows).map { row in (0..<view.columns).map { Double(view[row, $0]) } }
  }

  static func product(_ state: [Double], _ weight: Matrix) -> [Double] {
    weight.map { zip($0, state).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  // MARK: - Words

  func z(_ row: Int) -> [Double] { PlainWorld.product(final[row], head) }

  static func logSoftmax(_ z: [Double]) -> [Double] {
    let most = z.max() ?? 0
    let sum = most + log(z.reduce(0) { $0 + exp($1 - most) })
    return z.map { $0 - sum }
  }

  static func softmax(_ z: [Double]) -> [Double] { logSoftmax(z).map { exp($0) } }

  var batch: Int { labels.count / length }

  /// The rows of sequence b whose next token is scored.
  func scored(_ b: Int) -> [Int] {
    (b * length..<(b + 1) * length - 1).filter { labels[$0 + 1] != -100 }
  }

  var scored: [Int] { (0..<batch).flatMap { scored($0) } }

  /// The rows of sequence b that have a label themselves.
  func labelled(_ b: Int) -> [Int] {
    (b * length..<(b + 1) * length).filter { labels[$0] != -100 }
  }

  func nll(_ row: Int) -> Double { -PlainWorld.logSoftmax(z(row))[labels[row + 1]] }

  func referenceNLL(_ row: Int) -> Double {
    -PlainWorld.logSoftmax(referenceLogits[row])[labels[row + 1]]
  }

  /// S_b, S_b^r.
  func sum(_ b: Int) -> Double { scored(b).map(nll).reduce(0, +) }
  func referenceSum(_ b: Int) -> Double { scored(b).map(referenceNLL).reduce(0, +) }

  /// The mean over scored rows, or over those given.
  func mean(_ rows: [Int]? = nil, _ term: (Int) -> Double) -> Double {
    let rows = rows ?? scored
    return rows.map(term).reduce(0, +) / Double(rows.count)
  }

  static func logSigmoid(_ x: Double) -> Double { -log(1 + exp(-x)) }

  static func square(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Double(a.count)
  }

  static func cosine(_ a: [Double], _ b: [Double]) -> Double {
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
  }

  static func crossEntropy(_ target: [Double], _ z: [Double]) -> Double {
    -zip(target, logSoftmax(z)).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
