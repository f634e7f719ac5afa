public import Corpus
public import Settings

/// A rule as the ledger names it: never by its text.
public struct ScreenRule: Equatable, Sendable {
  /// `blocklist/NAME@VERSION#INDEX`, the index counted from 0 over the pack's terms.
  public let name: String
  /// Index into ``ScreenSet/reasons``.
  public let reason: Int
  /// Index into ``ScreenSet/ruleSets``.
  public let ruleSet: Int
}

/// The exact bytes that a rule comes from.
public struct ScreenRuleSet: Equatable, Sendable {
  /// The pack's name.
  public let name: String
  /// The pack's version.
  public let version: String
  /// The file's exact bytes.
  public let body: [UInt8]
}

/// The screens of a plan, compiled once and shared by all threads.
public struct ScreenSet: Sendable {
  /// Every reason that the screens can give, in the plan's order.
  public let reasons: [String]
  /// Every rule of every pack, in the plan's order.
  public let rules: [ScreenRule]
  /// The packs, in the plan's order.
  public let ruleSets: [ScreenRuleSet]

  let screens: [any Screen]
  /// The first of each screen's reasons.
  let firstReasons: [Int]
  let matcher: RuleMatcher

  /// Reads the screens of a plan, loads and compiles their packs and checks the packs' examples.
  ///
  /// - Parameters:
  ///   - screens: the value of the plan's `screens`; nil where it has none.
  ///   - onHazard: what happens where neither screen nor level say it.
  ///   - levels: what happens by the level of a pack.
  ///   - folder: the folder of the plan; paths are relative to it.
  /// - Throws: ``SettingsError`` with file and line of the first mistake; ``ScreeningError`` where
  ///   Hyperscan does not run here.
  public init(
    screens: SettingsNode?, onHazard: HazardAction, levels: [HazardLevel: HazardAction],
    folder: String
  ) throws {
    var plan = ScreenPlan(folder: folder, onHazard: onHazard, levels: levels)
    var made: [any Screen] = []
    var reasons: [String] = []
    var firstReasons: [Int] = []
    var rules: [ScreenRule] = []
    for node in try screens?.sequence() ?? [] {
      let screen = try ScreenSet.screen(node, &plan)
      if let twice = screen.reasons.first(where: reasons.contains) {
        throw node.mistake("a second screen that gives the reason \(twice)")
      }
      if let blocklist = screen as? BlocklistScreen {
        let ruleSet = plan.packs.count - 1
        for index in 0..<blocklist.rules.count {
          let name = "\(blocklist.reasons[0])#\(index)"
          rules.append(ScreenRule(name: name, reason: reasons.count, ruleSet: ruleSet))
        }
      }
      made.append(screen)
      firstReasons.append(reasons.count)
      reasons += screen.reasons
    }
    matcher = try RuleMatcher(packs: plan.packs)
    try RulePack.verifyExamples(of: plan.packs, with: matcher)
    self.screens = made
    self.reasons = reasons
    self.firstReasons = firstReasons
    self.rules = rules
    ruleSets = plan.packs.map { ScreenRuleSet(name: $0.name, version: $0.version, body: $0.body) }
  }

  /// Buffers and scratch memory for one thread.
  ///
  /// - Throws: ``ScreeningError`` where memory is lacking.
  public func makeSession() throws(ScreeningError) -> ScreenSession {
    try ScreenSession(self)
  }

  /// One element of `screens`: the key that names the kind, and its options beside it.
  private static func screen(
    _ node: SettingsNode, _ plan: inout ScreenPlan
  ) throws(SettingsError) -> any Screen {
    let mapping = try node.mapping()
    let kinds = Screens.all.map { $0.kind }
    guard let kind = Screens.all.first(where: { mapping.keys.contains($0.kind) }) else {
      guard let entry = mapping.entries.first else {
        throw node.mistake("names no screen; known: \(kinds.joined(separator: ", "))")
      }
      throw mapping.mistake(
        at: entry, Spelling.unknown("screen", nil, of: entry.key, known: kinds))
    }
    try mapping.allow([kind.kind] + kind.options)
    let value = try mapping.required(kind.kind)
    return try kind.init(ScreenEntry(value: value, mapping: mapping), &plan)
  }
}
