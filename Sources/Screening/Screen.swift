internal import Corpus
internal import Settings

/// A kind of screen. One file in `Screens/` and one line in ``Screens/all``.
protocol Screen: Sendable {
  /// The word that plans use.
  static var kind: String { get }
  /// Keys that may stand beside the kind in a plan.
  static var options: [String] { get }

  /// Reads the screen from its entry in a plan.
  init(_ entry: ScreenEntry, _ plan: inout ScreenPlan) throws(SettingsError)

  /// Whether it finds hazards; quality screens do not. Suspicion spreads from hazards alone.
  static var findsHazards: Bool { get }

  /// Every reason that it can give.
  var reasons: [String] { get }

  /// What the screen says of a document; nil where it does not fire.
  func judge(_ document: ScreenedDocument) -> ScreenOutcome?
}

/// The kinds of screens, in the order in which messages name them.
enum Screens {
  static let all: [any Screen.Type] = [
    BlocklistScreen.self,
    GopherQualityScreen.self,
  ]
}

/// One element of a plan's `screens`.
struct ScreenEntry {
  /// The value of the key that names the kind.
  let value: SettingsNode
  /// The whole element, for what stands beside it.
  let mapping: SettingsMapping
}

/// What screens need from the plan around them, and what they add to it.
struct ScreenPlan {
  /// The folder of the plan: paths are relative to it.
  let folder: String
  /// What happens where neither screen nor level say it.
  let onHazard: HazardAction
  /// What happens by level.
  let levels: [HazardLevel: HazardAction]
  /// The packs so far, in order.
  private(set) var packs: [RulePack] = []
  private var ruleCount = 0

  init(folder: String, onHazard: HazardAction, levels: [HazardLevel: HazardAction]) {
    self.folder = folder
    self.onHazard = onHazard
    self.levels = levels
  }

  /// Adds a pack; its rules have these numbers.
  mutating func add(_ pack: RulePack) -> Range<Int> {
    packs.append(pack)
    defer { ruleCount += pack.terms.count }
    return ruleCount..<ruleCount + pack.terms.count
  }
}

/// A document as screens see it. Valid only while it is judged.
struct ScreenedDocument {
  /// The text, in valid UTF-8.
  let text: UnsafeRawBufferPointer
  /// What the rules found.
  let collector: MatchCollector
  /// What it knows of characters.
  let folder: TextFolder
}

/// A screen's finding.
struct ScreenOutcome {
  let action: HazardAction
  /// Index into the screen's ``Screen/reasons``.
  let reason: Int
  /// The rule with the smallest offset.
  var rule: Int?
}
