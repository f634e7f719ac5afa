public import Evaluation
internal import Settings
public import Streams

/// What a person wants attacked, and how: the plan file, read and checked.
///
/// Paths in it are relative to the file.
public struct AttackPlan: Sendable {
  /// A set of multiple-choice items.
  public struct Items: Sendable, Equatable {
    /// Which one it is.
    public let set: MeasuredSet
    /// The file.
    public let file: NamedFile
    /// How a question is written; nil for the usual way of a suite.
    public let template: String?
    /// Only so many items, the first; nil for all.
    public let limit: Int?
  }

  /// The plan's own name.
  public let name: String
  /// The plan's own version.
  public let version: String
  /// What is measured all along, in the order of ``MeasuredSet``.
  public let sets: [Items]
  /// The share of right answers from which on something has come back.
  public let recovered: Double
  /// The share of right answers up to which nothing has: what guessing reaches, with some room.
  public let unknown: Double
  /// The share of general answers below which a model counts as destroyed.
  public let destroyed: Double
  /// The attacks, in order; each name once.
  public let attacks: [any Attack]
  /// The exact bytes of the file.
  public let bytes: [UInt8]
  /// The file.
  public let path: String

  /// The files that it names: the items of the sets, then what attacks read.
  var files: [NamedFile] { sets.map(\.file) + attacks.flatMap(\.files) }

  /// The SHA-256 of the file.
  public var digest: Digest256 { Digest256(hashing: bytes) }

  /// Reads and checks a plan.
  ///
  /// - Throws: `SettingsError` with file, line and key; `EvaluationError` (missing).
  public init(path: String) throws {
    try self.init(SettingsFile(path: path))
  }

  /// Checks the plan of these bytes; `path` stands for the file in messages and for its folder.
  ///
  /// - Throws: as ``init(path:)``.
  public init(path: String, bytes: [UInt8]) throws {
    try self.init(SettingsFile(path: path, bytes: bytes))
  }

  private init(_ file: SettingsFile) throws {
    let root = try file.root.mapping()
    try root.allow([
      "attack", "version", "sets", "recovered", "unknown", "destroyed", "attacks",
    ])
    path = file.path
    bytes = file.bytes
    let folder = Folder.parent(of: file.path)
    name = try root.required("attack").string()
    version = try root.required("version").string()
    sets = try AttackPlan.sets(root.required("sets"), folder: folder)
    recovered = try root.optional("recovered")?.double(in: 0...1) ?? 0.6
    unknown = try root.optional("unknown")?.double(in: 0...1) ?? 0.35
    destroyed = try root.optional("destroyed")?.double(in: 0...1) ?? 0.5
    if unknown >= recovered {
      throw (root.optional("unknown") ?? root.node).mistake(
        "must be below `recovered`: between them nothing is said")
    }
    let list = try root.required("attacks")
    var attacks: [any Attack] = []
    for node in try list.sequence() {
      let attack = try Attacks.attack(try node.mapping(), folder: folder)
      guard !attacks.contains(where: { $0.name == attack.name }) else {
        throw node.mistake("the attack `\(attack.name)` stands twice")
      }
      attacks.append(attack)
    }
    guard !attacks.isEmpty else { throw list.mistake("expected at least one attack") }
    self.attacks = attacks
  }

  private static func sets(_ node: SettingsNode, folder: String) throws -> [Items] {
    let mapping = try node.mapping()
    try mapping.allow(MeasuredSet.allCases.map(\.rawValue))
    return try MeasuredSet.allCases.compactMap { set in
      // What comes back is measured on one half at least, and never without what must stay.
      guard
        let node = set == .heldOut
          ? mapping.optional(set.rawValue) : try mapping.required(set.rawValue)
      else { return nil }
      let items = try node.mapping()
      try items.allow(["items", "template", "limit"])
      return Items(
        set: set, file: try NamedFile(items.required("items"), folder: folder),
        template: try items.optional("template")?.string(),
        limit: try items.optional("limit")?.int(in: 1...(1 << 40)))
    }
  }
}
