/// Keys and values of a settings file, in the order in which they stand.
public struct SettingsMapping: Sendable {
  /// One key with its value.
  public struct Entry: Sendable {
    /// The key.
    public let key: String
    /// The key's line, counted from 1.
    public let line: Int
    /// Its value.
    public let value: SettingsNode
  }

  /// The value that is this mapping.
  public let node: SettingsNode
  /// The entries, in order; no key stands twice.
  public let entries: [Entry]

  init(node: SettingsNode, entries: [Entry]) {
    self.node = node
    self.entries = entries
  }

  /// The keys, in order.
  public var keys: [String] { entries.map(\.key) }

  /// The value of a key; nil where it is missing or empty.
  public func optional(_ key: String) -> SettingsNode? {
    guard let value = entries.first(where: { $0.key == key })?.value, value.kind != .empty else {
      return nil
    }
    return value
  }

  /// The value of a key that must be there.
  public func required(_ key: String) throws(SettingsError) -> SettingsNode {
    guard let entry = entries.first(where: { $0.key == key }) else {
      throw node.mistake("the key `\(key)` is missing")
    }
    if entry.value.kind == .empty { throw mistake(at: entry, "has no value") }
    return entry.value
  }

  /// Refuses every key that is not one of these, at its line, with the nearest known one.
  public func allow(_ known: [String]) throws(SettingsError) {
    for entry in entries where !known.contains(entry.key) {
      throw mistake(at: entry, Spelling.unknown("key", nil, of: entry.key, known: known))
    }
  }

  /// A mistake at a key, rather than at its value.
  public func mistake(at entry: Entry, _ message: String) -> SettingsError {
    SettingsError(
      file: node.file, line: entry.line, keyPath: entry.value.keyPath, message: message)
  }
}
