public import Corpus
public import Deduplication
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
    /// Documents whose shingles are nearly those of another; nil for none.
    public var near: NearDuplicateSettings?
    /// Ledgers of earlier snapshots, or the folders that hold them: their documents come first.
    public var against: [String] = []
  }

  /// What happens to a document with a verified edge to a hazardous one.
  public enum Contagion: String, Sendable, CaseIterable {
    /// It is set apart, with its text.
    case quarantine
    /// It is left out.
    case drop
    /// Nothing.
    case keep
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
  /// What happens to the near copies of hazardous documents.
  public let contagion: Contagion
  /// The share of unreadable and unscored records above which a run ends with findings.
  public let quarantineLimit: Double
  /// The exact bytes of the file.
  public let bytes: [UInt8]
  /// The file.
  public let path: String

  /// The share of unreadable records that a plan allows when it does not say.
  public static let defaultQuarantineLimit = 0.001

  private static let keys = [
    "plan", "version", "fields", "screens", "onHazard", "levels", "duplicates", "contagion",
    "quarantineLimit",
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
    let onHazard = try root.optional("onHazard").map { try HazardAction($0) } ?? .drop
    screens = try ScreenSet(
      screens: root.optional("screens"), onHazard: onHazard,
      levels: try CurationPlan.levels(root.optional("levels")), folder: Folder.parent(of: path))
    duplicates = try CurationPlan.duplicates(
      root.optional("duplicates"), folder: Folder.parent(of: path))
    contagion = try CurationPlan.contagion(root.optional("contagion"), duplicates)
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

  private static func levels(_ node: SettingsNode?) throws -> [HazardLevel: HazardAction] {
    guard let node else { return [:] }
    let mapping = try node.mapping()
    try mapping.allow(HazardLevel.allCases.map(\.rawValue))
    var levels: [HazardLevel: HazardAction] = [:]
    for level in HazardLevel.allCases {
      if let action = mapping.optional(level.rawValue) { levels[level] = try HazardAction(action) }
    }
    return levels
  }

  private static func duplicates(_ node: SettingsNode?, folder: String) throws -> Duplicates {
    guard let node else { return Duplicates(exact: false) }
    let mapping = try node.mapping()
    try mapping.allow(["exact", "near", "against"])
    var duplicates = Duplicates(exact: try mapping.optional("exact")?.bool() ?? false)
    if let near = mapping.optional("near") { duplicates.near = try self.near(near) }
    guard let against = mapping.optional("against") else { return duplicates }
    guard duplicates.exact || duplicates.near != nil else {
      throw against.mistake("compares nothing: say exact: true or near: {} beside it")
    }
    for entry in try against.sequence() {
      let path = try entry.string()
      guard !path.isEmpty else { throw entry.mistake("names no ledger") }
      duplicates.against.append(
        path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)")
    }
    return duplicates
  }

  private static func near(_ node: SettingsNode) throws -> NearDuplicateSettings {
    let mapping = try node.mapping()
    try mapping.allow(["shingle", "jaccard", "bands", "rows"])
    typealias Settings = NearDuplicateSettings
    let shingle =
      try mapping.optional("shingle")?.int(in: Settings.shingleRange) ?? Settings.usualShingle
    let jaccard =
      try mapping.optional("jaccard")?.double(in: Settings.jaccardRange) ?? Settings.usualJaccard
    let most = Settings.functionLimit
    let bands = try mapping.optional("bands")?.int(in: 1...most)
    let rows = try mapping.optional("rows")?.int(in: 1...most)
    guard (bands == nil) == (rows == nil) else {
      throw node.mistake("bands and rows go together: give both, or none to have them chosen")
    }
    guard Settings.allows(bands: bands, rows: rows) else {
      throw node.mistake("bands x rows is above \(most), the longest signature")
    }
    return Settings(shingle: shingle, jaccard: jaccard, bands: bands, rows: rows)
  }

  private static func contagion(_ node: SettingsNode?, _ duplicates: Duplicates) throws -> Contagion
  {
    // Fail closed: a plan that looks for near copies does not let those of a hazard pass.
    guard let node else { return duplicates.near == nil ? .keep : .quarantine }
    let chosen = try node.choice(of: Contagion.allCases.map(\.rawValue))
    let contagion = Contagion(rawValue: chosen) ?? .quarantine
    guard duplicates.near != nil || contagion == .keep else {
      throw node.mistake(
        "spreads along near duplicates, which this plan does not look for: add near: {} to "
          + "duplicates")
    }
    return contagion
  }
}
