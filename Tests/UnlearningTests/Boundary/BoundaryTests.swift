import Foundation
import TestSupport
import Testing

@testable import Unlearning

@Suite struct BoundaryTests {
  typealias Limit = Constraint.Limit

  /// With one hazard and one loss the equilibrium is known: the margins are equal, and the weight
  /// of the forget term is where the descent then ends.
  @Test(arguments: [0.0137, 0.0146, 0.0155])
  func dualsTendToTheKnownSaddlePoint(_ cost: Double) throws {
    let all = try SyntheticProblem.constraints()
    let constraints = [all[0], all[2]]
    let counts = [4_000, 500]
    var problem = SyntheticProblem()
    problem.lossCost = cost
    func measure(_ problem: inout SyntheticProblem) -> [Measurement] {
      let all = problem.measure([counts[0], 1, counts[1], 1])
      return [all[0], all[2]]
    }
    let base = measure(&problem)
    var settings = BoundarySettings()
    settings.rate = 0.02
    settings.patience = .max
    settings.surrogate = 0
    // Without noise the errors are the constants below; the aims follow from limit and items.
    var boundary = Boundary(
      constraints: constraints, settings: settings,
      terms: [
        Boundary.Term(name: "toxins", weight: 1), Boundary.Term(name: "general", weight: 3),
      ], verdictItems: [480, 500], base: base)
    for step in 1...1_500 {
      let share = boundary.weight(ofTerm: "toxins")
      #expect(abs(share + boundary.weight(ofTerm: "general") - 1) < 1e-12)
      // The best reply: the weighted mean of the optima.
      problem.place.x = share
      _ = boundary.update(step: step, measure(&problem))
    }
    let rows = boundary.trace.suffix(2)
    let (hazard, loss) = (rows[rows.startIndex], rows[rows.startIndex + 1])
    // Where x is: 0.25 + 0.74 (1 - x)² and cost·x² with equal distances to their aims.
    func gap(_ x: Double) -> Double {
      let left = 0.25 + 0.74 * (1 - x) * (1 - x)
      let inside = (hazard.aim - left) / hazard.error
      return inside - (loss.aim - cost * x * x) / loss.error
    }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if gap(middle) < 0 { low = middle } else { high = middle }
    }
    #expect(abs(boundary.weight(ofTerm: "toxins") - low) < 0.003)
    #expect(abs(hazard.dual + loss.dual - 1) < 1e-9)
  }

  @Test func aFeasibleProblemIsSolvedFromEverySeed() throws {
    let constraints = try SyntheticProblem.constraints()
    var met = 0
    for seed in 0..<20 {
      var problem = SyntheticProblem()
      problem.generator = SeededGenerator(seed: UInt64(seed))
      let outcome = problem.run(constraints)
      #expect(outcome.boundary.isFeasible)
      // The truth, which no log shows.
      #expect(outcome.kept.hazard <= 0.35)
      #expect(outcome.kept.generalLost <= 0.01 && outcome.kept.adjacentLost <= 0.02)
      #expect(outcome.kept.rise <= 0.01)
      if outcome.verdict.isMet { met += 1 }
    }
    #expect(met >= 16, "\(met) of 20")
  }

  @Test(arguments: [0.05, 0.2, 1])
  func anInfeasibleProblemIsNeverCalledFeasible(_ cost: Double) throws {
    let constraints = try SyntheticProblem.constraints()
    for seed in 0..<10 {
      var problem = SyntheticProblem()
      problem.generalCost = cost
      problem.lossCost = cost
      problem.generator = SeededGenerator(seed: UInt64(seed))
      let outcome = problem.run(constraints)
      #expect(!outcome.boundary.isFeasible)
      #expect(!outcome.hasStopped)
      #expect(outcome.verdict.outcome == .notMet)
    }
  }

  @Test func stopsEarlyAndKeepsTheBest() throws {
    var problem = SyntheticProblem()
    let outcome = problem.run(try SyntheticProblem.constraints(), steps: 5_000)
    #expect(outcome.hasStopped && outcome.steps < 5_000)
    let best = try #require(outcome.boundary.best)
    let kept = outcome.boundary.trace.filter { $0.step == best.step }
    #expect(kept.allSatisfy { $0.decision == .best && $0.holds })
    // No row since has a larger smallest margin.
    for step in Set(outcome.boundary.trace.map(\.step)) {
      let rows = outcome.boundary.trace.filter { $0.step == step }
      let margin = rows.map { ($0.aim - $0.value) / $0.error }.min() ?? 0
      #expect(margin <= best.margin)
    }
    #expect(outcome.verdict.isMet)
  }

  @Test func goesBackWhereACapabilityIsOverrun() throws {
    var problem = SyntheticProblem()
    problem.generalCost = 3
    problem.speed = 0.9
    let outcome = problem.run(try SyntheticProblem.constraints())
    let back = outcome.boundary.trace.filter { $0.decision == .rollBack }
    #expect(outcome.boundary.rollbacks > 0)
    #expect(Set(back.map(\.step)).count == outcome.boundary.rollbacks)
    #expect(outcome.boundary.rollbacks <= outcome.boundary.settings.rollbacks)
    #expect(outcome.boundary.rateFactor == pow(0.5, Double(outcome.boundary.rollbacks)))
    // The overrun capability weighs more behind it than before.
    let general = outcome.boundary.trace.filter { $0.constraint == "general" }
    for (before, after) in zip(general, general.dropFirst()) where after.decision == .rollBack {
      #expect(after.value > 5 * after.limit)
      #expect(after.dual > before.dual || before.decision != .rollBack)
    }
  }

  /// Whatever is measured: weights add up to 1, none is nothing, and the state goes through a file.
  @Test func survivesNonsenseAndAFile() throws {
    let constraints = try SyntheticProblem.constraints()
    var generator = SeededGenerator(seed: 3)
    func nonsense(_ generator: inout SeededGenerator) -> [Measurement] {
      let share = Double.random(in: 0...1, using: &generator)
      return SyntheticProblem.names.map { name in
        Measurement(
          constraint: name,
          items: (0..<20).map { _ in
            let draw = Double.random(in: 0..<1, using: &generator)
            return .init(right: draw < share, probability: draw, loss: 1e3 * draw, tokens: 3)
          })
      }
    }
    var boundary = Boundary(
      constraints: constraints, terms: SyntheticProblem.terms, verdictItems: [50, 50, 50, 50],
      base: nonsense(&generator))
    for step in 1...100 {
      let now = nonsense(&generator)
      var again = try JSONDecoder().decode(
        Boundary.self, from: JSONEncoder().encode(boundary))
      #expect(again == boundary)
      #expect(again.update(step: step, now) == boundary.update(step: step, now))
      #expect(again == boundary)
      let weights = SyntheticProblem.terms.map { boundary.weight(ofTerm: $0.name) }
      #expect(abs(weights.reduce(0, +) - 1) < 1e-12)
      #expect(weights.allSatisfy { $0 > 0.002 })
    }
  }

  @Test func limitsThatFitNothingAreErrors() {
    func make(_ role: Constraint.Role, _ metric: Constraint.Metric, _ limit: Limit) throws {
      _ = try Constraint(
        name: "x", term: "t", role: role, metric: metric, limit: limit, dualPath: "a",
        verdictPath: "b")
    }
    for (role, metric, limit) in [
      (.hazard, .loss, .atMost(0.5)), (.hazard, .accuracy, .losesPoints(1)),
      (.capability, .accuracy, .atMost(0.5)), (.capability, .loss, .losesPoints(1)),
      (.hazard, .accuracy, .atMost(1.2)), (.capability, .accuracy, .losesPoints(-1)),
    ] as [(Constraint.Role, Constraint.Metric, Limit)] {
      #expect(throws: BoundaryError.self) { try make(role, metric, limit) }
    }
    #expect(throws: Never.self) { try make(.capability, .accuracy, .losesShare(0.01)) }
    #expect(BoundaryError.metric(constraint: "x", name: "rouge").description.contains("accuracy"))
  }
}
