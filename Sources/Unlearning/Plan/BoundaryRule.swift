internal import Settings
internal import Training

/// What a plan says of its boundary.
public struct BoundaryRule: Sendable, Equatable {
  /// What must hold, in the plan's order.
  public let constraints: [Constraint]
  /// How the dual variables move, when they are measured, and what a verdict is said with.
  public let settings: BoundarySettings

  init(
    _ node: SettingsNode, folder: String, terms: [UnlearningTerm]
  ) throws(SettingsError) {
    let mapping = try node.mapping()
    try mapping.allow(["every", "confidence", "duals", "constraints"])
    var settings = BoundarySettings()
    if let every = mapping.optional("every") { settings.every = try every.int(in: 1...(1 << 40)) }
    if let confidence = mapping.optional("confidence") {
      settings.confidence = try confidence.double(in: 0.5...0.999999)
    }
    try BoundaryRule.read(mapping.optional("duals"), into: &settings)
    self.settings = settings
    var constraints: [Constraint] = []
    let list = try mapping.required("constraints")
    for element in try list.sequence() {
      let constraint = try BoundaryRule.constraint(element, folder, terms)
      guard !constraints.contains(where: { $0.name == constraint.name }) else {
        throw element.mistake("the name \(constraint.name) stands twice")
      }
      constraints.append(constraint)
    }
    guard !constraints.isEmpty else { throw list.mistake("states nothing") }
    self.constraints = constraints
  }

  private static func read(
    _ node: SettingsNode?, into settings: inout BoundarySettings
  ) throws(SettingsError) {
    guard let mapping = try node?.mapping() else { return }
    let shares: [(String, WritableKeyPath<BoundarySettings, Double>, ClosedRange<Double>)] = [
      ("rate", \.rate, 1e-9...1e3), ("surrogate", \.surrogate, 0...1), ("power", \.power, 0.5...1),
      ("floor", \.floor, 0...0.5), ("ceiling", \.ceiling, 0.5...1), ("overrun", \.overrun, 1...1e9),
      ("raise", \.raise, 1...1e9),
    ]
    let counts: [(String, WritableKeyPath<BoundarySettings, Int>)] = [
      ("patience", \.patience), ("rollbacks", \.rollbacks),
    ]
    try mapping.allow(shares.map(\.0) + counts.map(\.0))
    for (key, path, range) in shares {
      if let node = mapping.optional(key) { settings[keyPath: path] = try node.double(in: range) }
    }
    for (key, path) in counts {
      if let node = mapping.optional(key) {
        settings[keyPath: path] = try node.int(in: 0...1_000_000)
      }
    }
  }

  private static func constraint(
    _ node: SettingsNode, _ folder: String, _ terms: [UnlearningTerm]
  ) throws(SettingsError) -> Constraint {
    let mapping = try node.mapping()
    try mapping.allow([
      "name", "term", "metric", "at-most", "loses", "dual", "verdict", "template",
    ])
    let name = try mapping.required("term")
    let text = try name.string()
    guard let term = terms.first(where: { $0.name == text }) else {
      throw name.mistake(Spelling.unknown("term", text, known: terms.map(\.name)))
    }
    let metrics = Constraint.Metric.allCases
    let word = try mapping.required("metric").choice(of: metrics.map(\.rawValue))
    guard let metric = Constraint.Metric(rawValue: word) else {
      preconditionFailure("one of the list")
    }
    let limit = try limit(mapping)
    let title = try mapping.required("name").string()
    let dual = try TrainingPlan.path(mapping.required("dual"), folder: folder)
    let verdict = try TrainingPlan.path(mapping.required("verdict"), folder: folder)
    let template = try mapping.optional("template")?.string()
    do throws(BoundaryError) {
      return try Constraint(
        name: title, term: term.name, role: term.role == .forget ? .hazard : .capability,
        metric: metric, limit: limit, dualPath: dual, verdictPath: verdict, template: template,
        area: term.area, level: term.level)
    } catch {
      throw node.mistake(error.description)
    }
  }

  private static func limit(_ mapping: SettingsMapping) throws(SettingsError) -> Constraint.Limit {
    switch (mapping.optional("at-most"), mapping.optional("loses")) {
    case (let most?, nil): return .atMost(try most.double(in: 0...1))
    case (nil, let loses?):
      let loss = try loses.mapping()
      try loss.allow(["points", "share"])
      switch (loss.optional("points"), loss.optional("share")) {
      case (let points?, nil): return .losesPoints(try points.double(in: 0...100))
      case (nil, let share?): return .losesShare(try share.double(in: 0...1))
      default: throw loses.mistake("expected {points: 1} or {share: 0.01}")
      }
    default: throw mapping.node.mistake("needs one of `at-most` and `loses`")
    }
  }
}
