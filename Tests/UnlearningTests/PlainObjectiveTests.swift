import Foundation
import Language
import Tensors
import Testing
import Unlearning

/// Each loss, and its gradient where it reads the model, beside plain Double arithmetic.
@Suite("Objectives beside plain formulas") struct PlainObjectiveTests {
  /// A loss and its gradients: of the last hidden states and of the streams behind both blocks.
  struct Answer {
    var loss: Double
    var gradients: [[Double]]

    /// The largest difference of a loss or an element of a gradient, beside their size.
    func deviation(from other: Answer) -> (loss: Double, gradient: Double) {
      let pairs = zip(gradients.joined(), other.gradients.joined())
      let difference = pairs.reduce(0) { $0 + pow($1.0 - $1.1, 2) }.squareRoot()
      let size = other.gradients.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
      return (abs(loss - other.loss) / abs(other.loss), difference / size)
    }
  }

  /// Central differences of fourth order.
  private func plain(_ formula: ObjectiveCase.Formula, _ world: PlainWorld, weight: Double)
    -> Answer
  {
    let h = 1e-3
    func slopes(_ path: WritableKeyPath<PlainWorld, [[Double]]>) -> [Double] {
      var moved = world
      return world[keyPath: path].indices.flatMap { row in
        world[keyPath: path][row].indices.map { column in
          func at(_ step: Double) -> Double {
            moved[keyPath: path][row][column] = world[keyPath: path][row][column] + step
            defer { moved[keyPath: path][row][column] = world[keyPath: path][row][column] }
            return formula(moved, world)
          }
          return weight * (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
        }
      }
    }
    return Answer(
      loss: formula(world, world),
      gradients: [slopes(\.final), slopes(\.hidden[0]), slopes(\.hidden[1])])
  }

  @Test("loss and gradient, and not the mutant's", arguments: ObjectiveCase.all)
  func agreement(each: ObjectiveCase) throws {
    let world = try SmallWorld()
    let outcome = try world.measure(each.objective, weight: 0.7)
    let own = Answer(
      loss: outcome.loss,
      gradients: [
        outcome.pass.finalGradient, try outcome.pass.hiddenGradient(after: 0),
        try outcome.pass.hiddenGradient(after: 1),
      ].map { Array(PlainWorld.matrix($0).joined()) })
    let plainWorld = try PlainWorld(world, outcome.pass, direction: ObjectiveCase.direction)

    let exact = plain(each.formula, plainWorld, weight: 0.7)
    let error = own.deviation(from: exact)
    #expect(error.loss < 1e-6, "\(own.loss), plainly \(exact.loss)")
    #expect(error.gradient < 1e-5)

    let wrong = plain(each.mutant, plainWorld, weight: 0.7)
    let gap = own.deviation(from: wrong)
    #expect(gap.loss > 1e-3 || gap.gradient > 1e-2, "the mutant passes")
  }

  @Test(
    "without a block for gradients, the same loss and no gradient", arguments: ObjectiveCase.all)
  func valuesOnly(each: ObjectiveCase) throws {
    let world = try SmallWorld()
    let outcome = try world.measure(each.objective)
    let workers = Workers(count: 1)
    try outcome.pass.forward(world.tokens, length: world.length)
    let loss = try each.objective.lossAndGradient(
      of: world.batch(each.objective), at: ObjectiveSite(outcome.pass, gradients: nil, on: workers))
    #expect(loss == outcome.loss)
    for gradient in [
      outcome.pass.finalGradient, try outcome.pass.hiddenGradient(after: 0),
      try outcome.pass.hiddenGradient(after: 1),
    ] {
      #expect(PlainWorld.matrix(gradient).joined().allSatisfy { $0 == 0 })
    }
  }
}
