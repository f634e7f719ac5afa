import TestSupport
import Unlearning

/// Not Foundation's.
typealias Measurement = Unlearning.Measurement

/// A boundary without a model: two numbers that descend on quadratic terms, whose distances from
/// the terms' optima are what items measure.
///
/// The forget term pulls to (1, 0), the general one to (0, 0), the adjacent one to (0, 0.2). With
/// weights w that add up to 1 the descent ends at their weighted mean, so the weights of any point
/// are known.
struct SyntheticProblem {
  /// The share of general accuracy that is lost at distance 1.
  var generalCost = 0.003
  /// By how much the general loss rises at distance 1.
  var lossCost = 0.004
  /// Items that move duals, of each constraint, and of the verdict.
  var dualItems = 200
  var verdictItems = [480, 1_500, 500, 1_000]
  /// How much of the way to the optimum a step goes.
  var speed = 0.08
  /// What items are drawn with; nil for items that stand evenly.
  var generator: SeededGenerator?
  var place = (x: 0.0, y: 0.0)

  static let names = ["hazard", "general", "general-loss", "adjacent"]

  static func constraints(
    atMost share: Double = 0.35, points: Double = 1, share rise: Double = 0.01
  ) throws -> [Constraint] {
    func make(
      _ name: String, _ term: String, _ role: Constraint.Role, _ metric: Constraint.Metric,
      _ limit: Constraint.Limit
    ) throws -> Constraint {
      try Constraint(
        name: name, term: term, role: role, metric: metric, limit: limit,
        dualPath: "\(name)-dual.jsonl", verdictPath: "\(name)-verdict.jsonl")
    }
    return [
      try make("hazard", "toxins", .hazard, .accuracy, .atMost(share)),
      try make("general", "general", .capability, .accuracy, .losesPoints(points)),
      try make("general-loss", "general", .capability, .loss, .losesShare(rise)),
      try make("adjacent", "adjacent", .capability, .accuracy, .losesPoints(2 * points)),
    ]
  }

  static let terms = [
    Boundary.Term(name: "toxins", weight: 1), Boundary.Term(name: "general", weight: 1),
    Boundary.Term(name: "adjacent", weight: 1),
  ]

  /// Hazard accuracy here: 99 % at the start, chance where the forget term is at its optimum.
  var hazard: Double { 0.25 + 0.74 * min(1, square(place.x - 1, place.y)) }
  /// What is lost of the general accuracy of 99 %.
  var generalLost: Double { min(0.9, generalCost * square(place.x, place.y)) }
  /// What is lost of the adjacent accuracy of 95 %.
  var adjacentLost: Double { min(0.9, generalCost * square(place.x, place.y - 0.2)) }
  /// The share by which the general loss rose.
  var rise: Double { lossCost * square(place.x, place.y) }

  private func square(_ x: Double, _ y: Double) -> Double { x * x + y * y }

  /// Goes down the weighted terms.
  mutating func descend(_ boundary: Boundary, steps: Int) {
    let (forget, general, adjacent) = (
      boundary.weight(ofTerm: "toxins"), boundary.weight(ofTerm: "general"),
      boundary.weight(ofTerm: "adjacent")
    )
    for _ in 0..<steps {
      let speed = speed * boundary.rateFactor
      place.x -= speed * (forget * (place.x - 1) + general * place.x + adjacent * place.x)
      place.y -=
        speed * (forget * place.y + general * place.y + adjacent * (place.y - 0.2))
    }
  }

  /// Measures items: right up to the true share of them.
  mutating func measure(_ counts: [Int]) -> [Measurement] {
    let shares = [hazard, 0.99 - generalLost, 0, 0.95 - adjacentLost]
    return zip(SyntheticProblem.names, zip(shares, counts)).enumerated().map { index, value in
      let (name, (share, count)) = value
      let rise = rise
      let items = (0..<count).map { item -> Measurement.Item in
        // Items keep their difficulty; what is drawn anew is a small part of it.
        let difficulty = (Double(item) + 0.5) / Double(count)
        let noise = draw()
        let right = difficulty + 0.004 * noise < share
        let loss = 20 * (0.5 + difficulty) * (1 + rise + 0.02 * noise)
        return index == 2
          ? Measurement.Item(right: false, probability: 0.1, loss: loss, tokens: 10)
          : Measurement.Item(
            right: right, probability: min(1, max(0, share)), loss: 1, tokens: 1)
      }
      return Measurement(constraint: name, items: items)
    }
  }

  private mutating func draw() -> Double {
    guard generator != nil else { return 0 }
    return (0..<4).reduce(0) { sum, _ in
      sum + Double.random(in: -0.9...0.9, using: &generator!)
    }
  }

  /// What a run gave.
  struct Outcome {
    var boundary: Boundary
    var steps: Int
    var hasStopped = false
    var kept: SyntheticProblem
    var verdict: Verdict
  }

  /// Runs like a session: measure, obey, and judge what was kept.
  mutating func run(
    _ constraints: [Constraint], settings: BoundarySettings = BoundarySettings(), steps: Int = 150
  ) -> Outcome {
    let counts = Array(repeating: dualItems, count: 4)
    let before = measure(verdictItems)
    var boundary = Boundary(
      constraints: constraints, settings: settings, terms: SyntheticProblem.terms,
      verdictItems: verdictItems, base: measure(counts))
    var kept = self
    var outcome: (steps: Int, hasStopped: Bool) = (0, false)
    while outcome.steps < steps, !outcome.hasStopped {
      descend(boundary, steps: settings.every)
      outcome.steps += settings.every
      switch boundary.update(step: outcome.steps, measure(counts)) {
      case .goOn: break
      case .best: kept = self
      case .rollBack: place = kept.place
      case .stop: outcome.hasStopped = true
      }
    }
    let verdict = Verdict(
      base: before, now: kept.measure(verdictItems), constraints: constraints,
      confidence: settings.confidence)
    return Outcome(
      boundary: boundary, steps: outcome.steps, hasStopped: outcome.hasStopped, kept: kept,
      verdict: verdict)
  }
}
