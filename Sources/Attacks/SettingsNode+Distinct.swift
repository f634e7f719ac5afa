internal import Settings

extension SettingsNode {
  /// The values of a list, at least one, each once.
  ///
  /// - Throws: `SettingsError` with the line of a mistake.
  func distinct<Value: Equatable>(_ read: (SettingsNode) throws -> Value) throws -> [Value] {
    var values: [Value] = []
    for node in try sequence() {
      let value = try read(node)
      guard !values.contains(value) else { throw node.mistake("stands twice") }
      values.append(value)
    }
    guard !values.isEmpty else { throw mistake("expected at least one") }
    return values
  }
}
