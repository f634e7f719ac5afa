internal import Language
internal import Settings
internal import Training

/// Which parameters of a model are trained.
public enum ParameterPatterns: Sendable, Equatable {
  /// All.
  case all
  /// Those that a pattern means: a parameter's name, what it begins with up to a full stop,
  /// `embedding`, `layers.N`, or a name in which `*` stands for anything, such as
  /// `model.layers.*.mlp.down_proj.weight`.
  case named([String])

  init(_ node: SettingsNode?) throws(SettingsError) {
    guard let node else {
      self = .all
      return
    }
    if node.kind == .scalar, try node.string() == "all" {
      self = .all
    } else {
      self = .named(try TrainingPlan.names(node))
    }
  }

  /// The parameters of a layout.
  ///
  /// - Throws: ``UnlearningError/parameters(pattern:plan:)`` for a pattern that means none.
  func selection(
    of layout: ParameterLayout, plan: String
  ) throws(UnlearningError) -> ParameterSelection {
    guard case .named(let patterns) = self else { return .all }
    for pattern in patterns {
      let means = layout.parameters.contains {
        ParameterPatterns.means(pattern, $0, of: layout)
      }
      guard means else { throw .parameters(pattern: pattern, plan: plan) }
    }
    return ParameterSelection(layout) { parameter in
      patterns.contains { ParameterPatterns.means($0, parameter, of: layout) }
    }
  }

  private static func means(
    _ pattern: String, _ parameter: ParameterLayout.Parameter, of layout: ParameterLayout
  ) -> Bool {
    guard pattern.contains("*") else { return layout.isNamed(parameter, by: pattern) }
    let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
    return matches(Substring(parameter.name), parts[...], isFirst: true)
  }

  /// Whether the parts stand in the name in order, the first at its start and the last at its end.
  private static func matches(
    _ name: Substring, _ parts: ArraySlice<Substring>, isFirst: Bool
  ) -> Bool {
    guard let part = parts.first else { return true }
    let rest = parts.dropFirst()
    if rest.isEmpty { return isFirst ? name == part : name.hasSuffix(part) }
    if isFirst {
      return name.hasPrefix(part) && matches(name.dropFirst(part.count), rest, isFirst: false)
    }
    // The earliest place leaves the most for what follows.
    var place = name
    while !place.hasPrefix(part) {
      guard !place.isEmpty else { return false }
      place = place.dropFirst()
    }
    return matches(place.dropFirst(part.count), rest, isFirst: false)
  }
}
