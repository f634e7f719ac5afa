internal import Evidence
internal import Foundation

/// The state machine that weighs forgetting against what must be kept: a dual variable for each
/// constraint, moved by what is measured on items held out for them. There is no model in it.
///
/// The total of a step is Σ μ·L over the terms that forget and Σ λ·L over those that retain, with
/// the duals as weights, divided by their sum: AdamW does not see the scale of a loss, clipping
/// does. Duals move by multiplicative weights, d ← d·exp(rate·v), where v is how many standard
/// errors the constraint's measure stands beyond its aim, cut off at 2 below, and above at 1 for a
/// hazard and at 3 for a capability: at first every hazard is far out, and a capability that is
/// must prevail. Against the model's best reply this is the multiplicative weights player of a
/// zero-sum game (Freund and Schapire, "Adaptive game playing using multiplicative weights", Games
/// and Economic Behavior 29, 1999), whose value is the largest smallest margin. As in Cotter, Jiang
/// and Sridharan ("Two-player games for efficient non-convex constrained optimization", ALT 2019)
/// the model's player descends on the terms' losses, the duals' on the measures that the verdict
/// reports, here mixed with a smooth surrogate of them.
///
/// An *aim* stands inside its limit, by so much that a verdict on as many items as are held out for
/// it would say *met* with a stated chance, where the truth is the aim.
public struct Boundary: Codable, Sendable, Equatable {
  /// What the run is to do now.
  public enum Decision: String, Codable, Sendable {
    /// Go on.
    case goOn
    /// Keep the weights and moments as they are now, in place of those kept before, and go on: no
    /// capability is overrun, and the smallest margin of any constraint is the largest so far.
    case best
    /// Take back the weights and moments that were kept last, those of the start where none were,
    /// and go on with a halved rate. The boundary itself goes on as it is.
    case rollBack
    /// Stop: the weights that were kept last are the result.
    case stop
  }

  /// A term of the plan and its weight where no constraint moves it, or where its duals start.
  public struct Term: Codable, Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Its weight, above 0.
    public var weight: Double

    /// A term.
    public init(name: String, weight: Double) {
      (self.name, self.weight) = (name, weight)
    }
  }

  /// The measurement that was kept last.
  public struct Best: Codable, Sendable, Equatable {
    /// The steps that were done.
    public var step: Int
    /// The smallest margin of any constraint, in standard errors; not below 0 where all hold.
    public var margin: Double
    /// The duals there.
    var duals: [Double]
  }

  /// The constraints.
  public let constraints: [Constraint]
  /// How duals move.
  public let settings: BoundarySettings
  /// One row for each constraint and measurement.
  public private(set) var trace: [DualRow] = []
  /// What was kept last; nil for nothing.
  public private(set) var best: Best?
  /// How often the run went back.
  public private(set) var rollbacks = 0
  let base: [Measurement]
  private let verdictItems: [Int]
  private let terms: [Term]
  /// One for each constraint; their sum does not change.
  private var duals: [Double]
  private let total: Double
  private var sinceBest = 0

  /// A boundary at the start of a run.
  ///
  /// - Parameters:
  ///   - constraints: in the plan's order, each of one of the terms.
  ///   - terms: every term of the plan; the duals of a term share its weight at first.
  ///   - verdictItems: how many items each constraint's verdict has.
  ///   - base: the dual items of each constraint as the model was before.
  public init(
    constraints: [Constraint], settings: BoundarySettings = BoundarySettings(), terms: [Term],
    verdictItems: [Int], base: [Measurement]
  ) {
    precondition(!constraints.isEmpty, "a boundary has a constraint")
    precondition(base.map(\.constraint) == constraints.map(\.name), "each constraint measured")
    precondition(verdictItems.count == constraints.count, "items of each constraint")
    precondition(terms.allSatisfy { $0.weight > 0 && $0.weight.isFinite }, "weights above 0")
    self.constraints = constraints
    self.settings = settings
    self.terms = terms
    self.verdictItems = verdictItems
    self.base = base
    duals = constraints.map { constraint in
      guard let term = terms.first(where: { $0.name == constraint.term }) else {
        preconditionFailure("a constraint of a term")
      }
      return term.weight / Double(constraints.count { $0.term == constraint.term })
    }
    total = duals.reduce(0, +)
  }

  /// The weight of a term in the total; all weights add up to 1.
  ///
  /// - Precondition: there is such a term.
  public func weight(ofTerm name: String) -> Double {
    precondition(terms.contains { $0.name == name }, "a term of the plan")
    return raw(name) / terms.reduce(0) { $0 + raw($1.name) }
  }

  private func raw(_ name: String) -> Double {
    let own = constraints.indices.filter { constraints[$0].term == name }
    guard own.isEmpty else { return own.reduce(0) { $0 + duals[$1] } }
    return terms.first { $0.name == name }?.weight ?? 0
  }

  /// Whether what was kept last holds every constraint's aim.
  public var isFeasible: Bool { best.map { $0.margin >= 0 } ?? false }

  /// What the optimiser's rate is to be multiplied with: halved each time the run went back.
  public var rateFactor: Double { pow(0.5, Double(rollbacks)) }

  /// Takes in a measurement of the dual items and moves the duals.
  ///
  /// - Parameters:
  ///   - step: the steps that were done.
  ///   - now: one measurement for each constraint, in their order, on the items of `base`.
  /// - Returns: what the run is to do.
  public mutating func update(step: Int, _ now: [Measurement]) -> Decision {
    precondition(now.map(\.constraint) == constraints.map(\.name), "each constraint measured")
    let readings = constraints.indices.map { index in
      BoundaryReading(
        constraints[index], base: base[index], now: now[index], verdictItems: verdictItems[index],
        settings)
    }
    let decision = decide(step: step, readings)
    if decision != .rollBack {
      for (index, reading) in readings.enumerated() {
        duals[index] *= exp(settings.rate * reading.pull(settings.surrogate))
      }
      settle()
      if decision == .best { best?.duals = duals }
    }
    for (index, reading) in readings.enumerated() {
      trace.append(
        DualRow(
          step: step, constraint: constraints[index].name, value: reading.value,
          surrogate: reading.surrogate, aim: reading.aim, limit: reading.limit,
          error: reading.error, dual: duals[index] / total, decision: decision))
    }
    return decision
  }

  private mutating func decide(step: Int, _ readings: [BoundaryReading]) -> Decision {
    let overrun = readings.map { $0.isOverrun(settings.overrun) }
    if overrun.contains(true), rollbacks < settings.rollbacks {
      rollbacks += 1
      if let best { duals = best.duals }
      for index in duals.indices where overrun[index] { duals[index] *= settings.raise }
      settle()
      // The next time it is the raised ones that are gone back to.
      best?.duals = duals
      return .rollBack
    }
    let margin = readings.map(\.margin).min() ?? 0
    if !overrun.contains(true), margin > best?.margin ?? -.infinity {
      best = Best(step: step, margin: margin, duals: duals)
      sinceBest = 0
      return .best
    }
    if margin >= 0 { sinceBest += 1 }
    return isFeasible && sinceBest >= settings.patience ? .stop : .goOn
  }

  /// Keeps every dual between floor and ceiling, and their sum as it was.
  private mutating func settle() {
    func share(_ duals: [Double]) -> [Double] {
      let sum = duals.reduce(0, +)
      return duals.map { $0 * total / sum }
    }
    duals = share(duals)
    guard duals.count > 1 else { return }
    let floor = min(settings.floor, 1 / Double(duals.count)) * total
    duals = share(duals.map { min(max($0, floor), settings.ceiling * total) })
  }
}
