public import Corpus
internal import Foundation
public import Screening
internal import Settings
internal import Streams

/// What a person wants done to a corpus: the plan file, read and checked.
public struct CurationPlan: Sendable {
  /// Which duplicates are removed.
  public struct Duplicates: Sendable, Equatable {
    /// Documents whose text has the same SHA-256 as an earlier one.
    public var exact: Bool
  }

  /// The plan's own name.
  public let name: String
  /// The plan's own version.
  public let version: String
  /// Where text and id are.
  public let fields: DocumentFields
  /// The screens, compiled.
  public let screens: ScreenSet
  /// Which duplicates are removed.
  public let duplicates: Duplicates
  /// The share of unreadable and unscored records above which a run ends with findings.
  public let quarantineLimit: Double
  /// The exact bytes of the file.
  public let bytes: [UInt8]
  /// The file.
  public let path: String

  /// The share of unreadable records that a plan allows when it does not say.
  public static let defaultQuarantineLimit = 0.001

  private static let keys = [
    "plan", "version", "fields", "screens", "onHazard", "levels", "duplicates", "quarantineLimit",
  ]

  /// Reads and checks a plan, with the packs that it names.
  ///
  /// - Throws: `SettingsError` with file, line and key; `ScreeningError` for a pack.
  public init(path: String) throws {
    let file = try SettingsFile(path: path)
    let root = try file.root.mapping()
    try root.allow(CurationPlan.keys)
    self.path = path
    bytes = file.bytes
    name = try root.required("plan").string()
    version = try root.required("version").string()
    fields = try CurationPlan.fields(root.optional("fields"))
    let onHazard = try root.optional("onHazard").map(CurationPlan.action) ?? .drop
    screens = try ScreenSet(
      screens: root.optional("screens"), onHazard: onHazard,
      levels: try CurationPlan.levels(root.optional("levels")), folder: Folder.parent(of: path))
    duplicates = try CurationPlan.duplicates(root.optional("duplicates"))
    quarantineLimit =
      try root.optional("quarantineLimit").map { try $0.double(in: 0...1) }
      ?? CurationPlan.defaultQuarantineLimit
  }

  private static func fields(_ node: SettingsNode?) throws -> DocumentFields {
    guard let node else { return .standard }
    let mapping = try node.mapping()
    try mapping.allow(["text", "id"])
    var fields = DocumentFields.standard
    if let text = mapping.optional("text") {
      let paths = text.kind == .sequence ? try text.sequence() : [text]
      fields.text = try paths.map(path)
      guard !fields.text.isEmpty else { throw text.mistake("names no field; name at least one") }
    }
    if let id = mapping.optional("id") { fields.id = try path(id) }
    return fields
  }

  private static func path(_ node: SettingsNode) throws -> String {
    let path = try node.string()
    guard !path.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
      throw node.mistake("is not a dotted path of keys, such as text or metadata.text")
    }
    return path
  }

  private static func action(_ node: SettingsNode) throws -> HazardAction {
    let names = HazardAction.allCases.map(\.name)
    let chosen = try node.choice(of: names)
    return HazardAction.allCases[names.firstIndex(of: chosen) ?? 0]
  }

  private static func levels(_ node: SettingsNode?) throws -> [HazardLevel: HazardAction] {
    guard let node else { return [:] }
    let mapping = try node.mapping()
    try mapping.allow(HazardLevel.allCases.map(\.rawValue))
    var levels: [HazardLevel: HazardAction] = [:]
    for level in HazardLevel.allCases {
      if let action = mapping.optional(level.rawValue) { levels[level] = try self.action(action) }
    }
    return levels
  }

  private static func duplicates(_ node: SettingsNode?) throws -> Duplicates {
    guard let node else { return Duplicates(exact: false) }
    let mapping = try node.mapping()
    try mapping.allow(["exact"])
    return Duplicates(exact: try mapping.optional("exact")?.bool() ?? false)
  }
}
