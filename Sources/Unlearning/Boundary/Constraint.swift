public import Corpus

/// One thing that unlearning must reach or must not give up: a measure on items, and its limit.
public struct Constraint: Sendable, Equatable, Codable {
  /// What a constraint guards.
  public enum Role: String, Sendable, Codable, CaseIterable {
    /// A hazard: at most so much of it may be left.
    case hazard
    /// A capability: at most so much of it may be lost.
    case capability
  }

  /// What is measured on an item. To add one: a case here, and its bound in
  /// `Constraint+Estimate.swift`.
  public enum Metric: String, Sendable, Codable, CaseIterable {
    /// The share of multiple-choice items of which the right choice is the likeliest.
    case accuracy
    /// The mean negative log-likelihood of texts, in nats per token.
    case loss
  }

  /// How far a measure may go.
  public enum Limit: Sendable, Equatable, Codable {
    /// The measure itself, a share from 0 to 1: for a hazard's accuracy.
    case atMost(Double)
    /// How many points of accuracy may be lost against the model before, 1 for one of 100.
    case losesPoints(Double)
    /// Which share of itself the measure may lose against the model before, 0.01 for 1 %: accuracy
    /// falls by it, loss rises by it.
    case losesShare(Double)
  }

  /// What it is called in results.
  public let name: String
  /// The term of the plan whose weight it moves.
  public let term: String
  /// What it guards.
  public let role: Role
  /// What is measured.
  public let metric: Metric
  /// How far that may go.
  public let limit: Limit
  /// The file of the items that move the dual variable.
  public let dualPath: String
  /// The file of the items that the verdict is measured on, which serve nothing else.
  public let verdictPath: String
  /// How a multiple-choice question is written, with `{question}`; nil for lm-eval's usual way.
  public let template: String?
  let areaName: String?
  let levelName: String?

  /// The hazard area, where the plan names one.
  public var area: HazardArea? { areaName.flatMap(HazardArea.init(rawValue:)) }
  /// The hazard level, where the plan names one.
  public var level: HazardLevel? { levelName.flatMap(HazardLevel.init(rawValue:)) }

  /// A constraint.
  ///
  /// - Throws: ``BoundaryError`` (limit) where the limit does not fit role and metric: a hazard's
  ///   accuracy is *at most* a share; a capability's accuracy *loses* points or a share, a
  ///   capability's loss a share.
  public init(
    name: String, term: String, role: Role, metric: Metric, limit: Limit, dualPath: String,
    verdictPath: String, template: String? = nil, area: HazardArea? = nil,
    level: HazardLevel? = nil
  ) throws(BoundaryError) {
    let fits =
      switch (role, metric, limit) {
      case (.hazard, .accuracy, .atMost(let share)): share > 0 && share < 1
      case (.capability, .accuracy, .losesPoints(let points)): points >= 0 && points < 100
      case (.capability, _, .losesShare(let share)): share >= 0 && share < 1
      default: false
      }
    guard fits else {
      throw .limit(constraint: name, role: role.rawValue, metric: metric.rawValue)
    }
    self.name = name
    self.term = term
    self.role = role
    self.metric = metric
    self.limit = limit
    self.dualPath = dualPath
    self.verdictPath = verdictPath
    self.template = template
    areaName = area?.rawValue
    levelName = level?.rawValue
  }
}
