internal import Corpus
internal import Settings

/// Terms and patterns of a rule pack: fires where the weights of the distinct terms that are found
/// reach a sum.
struct BlocklistScreen: Screen {
  static let kind = "blocklist"
  static let findsHazards = true
  static let options = ["distinct", "onHazard", "hazard", "level", "name", "version"]

  let reasons: [String]
  /// The numbers of its rules.
  let rules: Range<Int>
  private let action: HazardAction
  /// In millionths, as ``RuleTerm/weight``.
  private let weights: [Int]
  private let threshold: Int

  init(_ entry: ScreenEntry, _ plan: inout ScreenPlan) throws(SettingsError) {
    let options = entry.mapping
    let threshold = try options.optional("distinct")?.double(in: 0.000_001...1_000_000_000) ?? 1
    let onHazard = try options.optional("onHazard").map { node throws(SettingsError) in
      try HazardAction(node)
    }
    let pack = try BlocklistScreen.pack(entry, folder: plan.folder)
    self.threshold = RuleTerm.weight(threshold)
    weights = pack.terms.map(\.weight)
    guard weights.reduce(0, +) >= self.threshold else {
      throw (options.optional("distinct") ?? entry.value).mistake(
        "can never be reached: the weights of all terms sum up to less")
    }
    action = onHazard ?? pack.level.flatMap { plan.levels[$0] } ?? plan.onHazard
    reasons = ["blocklist/\(pack.name)@\(pack.version)"]
    rules = plan.add(pack)
  }

  private static func pack(
    _ entry: ScreenEntry, folder: String
  ) throws(SettingsError) -> RulePack {
    let written = try entry.value.string()
    let path = written.hasPrefix("/") || folder.isEmpty ? written : "\(folder)/\(written)"
    let options = entry.mapping
    let suffix = path.split(separator: ".").last.map { $0.lowercased() }
    switch suffix {
    case "yaml", "yml":
      for key in ["hazard", "level", "name", "version"] {
        if let value = options.optional(key) {
          throw value.mistake("a pack in YAML says this itself")
        }
      }
      return try located(entry) { () throws(SettingsError) in try RulePack(yaml: path) }
    case "txt", "csv":
      var description = ListDescription()
      description.name = try options.optional("name").map(RulePack.name)
      description.version = try options.optional("version").map(RulePack.name)
      let areas = HazardArea.allCases.map(\.rawValue)
      let levels = HazardLevel.allCases.map(\.rawValue)
      if let node = options.optional("hazard") {
        description.area = HazardArea(rawValue: try node.choice(of: areas))
      }
      if let node = options.optional("level") {
        description.level = HazardLevel(rawValue: try node.choice(of: levels))
      }
      return try located(entry) { () throws(SettingsError) in
        try RulePack(list: path, description)
      }
    default:
      throw entry.value.mistake("expected the path of a .yaml pack or a .txt or .csv list")
    }
  }

  /// Where the pack's file cannot be read at all, the line to mend is the plan's.
  private static func located(
    _ entry: ScreenEntry, _ body: () throws(SettingsError) -> RulePack
  ) throws(SettingsError) -> RulePack {
    do throws(SettingsError) {
      return try body()
    } catch {
      if error.line > 0 { throw error }
      throw entry.value.mistake("\(error.file): \(error.message)")
    }
  }

  func judge(_ document: ScreenedDocument) -> ScreenOutcome? {
    let found = document.collector.distinct
    if found.isEmpty { return nil }
    var sum = 0
    var first: (start: Int, rule: Int)?
    for rule in found where rules.contains(rule) {
      sum += weights[rule - rules.lowerBound]
      let start = document.collector.earliestStart(of: rule)
      // Rules come in ascending order: of equal offsets the smaller rule stays.
      if start < first?.start ?? .max { first = (start, rule) }
    }
    guard sum >= threshold else { return nil }
    return ScreenOutcome(action: action, reason: 0, rule: first?.rule)
  }
}
