public import Corpus
internal import Settings
internal import Training

/// A term of what a run minimises: data, an objective and a weight.
public struct UnlearningTerm: Sendable, Equatable {
  /// What constraints and logs call it.
  public let name: String
  /// Whether it forgets or retains.
  public let role: ObjectiveRole
  /// Files, folders or globs of its items.
  public let data: [String]
  /// The plan's line and key of them.
  let dataPlace: String
  /// What the hazard is about; nil where the plan does not say.
  public let area: HazardArea?
  /// How grave it is; nil where the plan does not say.
  public let level: HazardLevel?
  /// How it is measured.
  public let objective: ObjectiveChoice
  /// What its loss is multiplied by: fixed where no boundary is stated, else where its dual
  /// variable starts.
  public let weight: Double
  /// How the weight changes over the steps.
  public let schedule: CoefficientSchedule
  /// Items of each step.
  public let batch: Int

  init(_ node: SettingsNode, role: ObjectiveRole, folder: String) throws(SettingsError) {
    let mapping = try node.mapping()
    try mapping.allow([
      "name", "data", "area", "level", "objective", "weight", "schedule", "batch",
    ])
    self.role = role
    let name = try mapping.required("name")
    self.name = try name.string()
    guard !self.name.isEmpty else { throw name.mistake("is empty") }
    let data = try mapping.required("data")
    self.data = try UnlearningTerm.paths(data, folder)
    dataPlace = "\(data.file):\(data.line): \(data.keyPath)"
    area = try mapping.optional("area")?.choice(of: HazardArea.allCases.map(\.rawValue))
      .asHazardArea
    level = try mapping.optional("level")?.choice(of: HazardLevel.allCases.map(\.rawValue))
      .asHazardLevel
    for key in ["area", "level"] {
      guard role == .retain, let node = mapping.optional(key) else { continue }
      throw node.mistake("is of what is to be forgotten; a retain term has none")
    }
    objective = try ObjectiveChoice(mapping.required("objective"), role: role, folder: folder)
    weight = try mapping.optional("weight")?.double(in: 0...1e9) ?? 1
    schedule = try CoefficientSchedule(mapping.optional("schedule"))
    batch = try mapping.required("batch").int(in: 1...(1 << 20))
  }

  /// One path or several, seen from the plan's folder.
  static func paths(_ node: SettingsNode, _ folder: String) throws(SettingsError) -> [String] {
    let nodes = node.kind == .sequence ? try node.sequence() : [node]
    guard !nodes.isEmpty else { throw node.mistake("names no file") }
    return try nodes.map { node throws(SettingsError) in
      try TrainingPlan.path(node, folder: folder)
    }
  }
}

extension String {
  fileprivate var asHazardArea: HazardArea? { HazardArea(rawValue: self) }
  fileprivate var asHazardLevel: HazardLevel? { HazardLevel(rawValue: self) }
}

/// A coefficient by the optimiser's steps: from one share of the weight at the first step in equal
/// parts to another at the last.
///
/// Circuit breakers (arXiv 2406.04313) go from 1 to 0 with what is rerouted and from 0 to 1 with
/// what is retained; published code counts batches and divides by 300 in runs of 150 steps.
public struct CoefficientSchedule: Sendable, Equatable {
  /// The share of the weight at the first step.
  public var from: Double
  /// That at the last.
  public var to: Double

  /// A weight that stays.
  public static let constant = CoefficientSchedule(from: 1, to: 1)

  /// A schedule.
  public init(from: Double, to: Double) { (self.from, self.to) = (from, to) }

  init(_ node: SettingsNode?) throws(SettingsError) {
    guard let mapping = try node?.mapping() else {
      self = .constant
      return
    }
    try mapping.allow(["from", "to"])
    from = try mapping.required("from").double(in: 0...1e6)
    to = try mapping.required("to").double(in: 0...1e6)
  }

  /// The share of the weight at a step.
  ///
  /// - Parameters:
  ///   - step: counted from 1.
  ///   - steps: how many there are.
  public func share(step: Int, of steps: Int) -> Double {
    precondition(step > 0 && step <= steps, "a step of the run")
    guard steps > 1 else { return from }
    return from + (to - from) * (Double(step - 1) / Double(steps - 1))
  }
}
