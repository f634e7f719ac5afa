public import Settings

/// What happens to a document that a screen found, in order of strictness.
public enum HazardAction: UInt8, Comparable, CaseIterable, Sendable {
  /// It is kept, and record and ledger say so.
  case tag = 1
  /// It is set apart, with its text.
  case quarantine
  /// It is left out.
  case drop

  /// The word that plans use: `tag`, `quarantine`, `drop`.
  public var name: String {
    switch self {
    case .tag: "tag"
    case .quarantine: "quarantine"
    case .drop: "drop"
    }
  }

  /// The action with this name; nil for any other word.
  public init?(name: String) {
    guard let action = HazardAction.allCases.first(where: { $0.name == name }) else { return nil }
    self = action
  }

  /// The order of strictness.
  public static func < (left: HazardAction, right: HazardAction) -> Bool {
    left.rawValue < right.rawValue
  }
}

extension HazardAction {
  /// The action that a plan names.
  ///
  /// - Throws: `SettingsError` with the line of another word.
  public init(_ node: SettingsNode) throws(SettingsError) {
    let word = try node.choice(of: HazardAction.allCases.map(\.name))
    guard let action = HazardAction(name: word) else { throw node.mistake("unknown action") }
    self = action
  }
}
