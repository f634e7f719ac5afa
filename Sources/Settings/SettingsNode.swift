/// One value of a settings file, which knows its file, line and key path.
///
/// What a scalar means is asked by the reader: ``string()``, ``int(in:)``, ``double(in:)``,
/// ``bool()``. Each throws ``SettingsError`` with the line where the value is not of that kind.
public struct SettingsNode: Sendable {
  /// The file's path as it was given.
  public let file: String
  /// The line where the value begins, counted from 1.
  public let line: Int
  /// The way to the value, such as `screens[0].distinct`; empty at the root.
  public let keyPath: String

  let content: Content

  enum Content: Sendable {
    case scalar(String, plain: Bool)
    case sequence([SettingsNode])
    case mapping([SettingsMapping.Entry])
  }

  /// What a value is, before one asks what it means.
  public enum Kind: String, Sendable {
    /// Nothing, `~` or `null`.
    case empty
    /// A text, number or truth value.
    case scalar
    /// A list.
    case sequence
    /// Keys and values.
    case mapping
  }

  /// What the value is.
  public var kind: Kind {
    switch content {
    case .scalar(let text, let plain):
      plain && ["", "~", "null", "Null", "NULL"].contains(text) ? .empty : .scalar
    case .sequence: .sequence
    case .mapping: .mapping
    }
  }

  /// A mistake at this value, to be thrown by whoever knows what is wrong with it.
  public func mistake(_ message: String) -> SettingsError {
    SettingsError(file: file, line: line, keyPath: keyPath, message: message)
  }

  private func scalar(_ wanted: String) throws(SettingsError) -> (text: String, plain: Bool) {
    guard case .scalar(let text, let plain) = content, kind == .scalar else {
      let found =
        switch kind {
        case .empty: "nothing"
        case .scalar: "a text"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
      throw mistake("expected \(wanted), found \(found)")
    }
    return (text, plain)
  }

  /// The text of a scalar, quoted or not.
  public func string() throws(SettingsError) -> String {
    try scalar("a text").text
  }

  /// One of these words.
  public func choice(of words: [String]) throws(SettingsError) -> String {
    let text = try scalar("one of \(words.joined(separator: ", "))").text
    guard words.contains(text) else {
      throw mistake(Spelling.unknown("value", text, known: words))
    }
    return text
  }

  /// A whole number within these bounds, in plain decimal digits.
  public func int(in range: ClosedRange<Int>) throws(SettingsError) -> Int {
    let wanted = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    let (text, plain) = try scalar(wanted)
    let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
    guard plain, !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = Int(text), range.contains(value)
    else { throw mistake("expected \(wanted)") }
    return value
  }

  /// A decimal number within these bounds.
  public func double(in range: ClosedRange<Double>) throws(SettingsError) -> Double {
    let wanted = "a number from \(range.lowerBound) to \(range.upperBound)"
    let (text, plain) = try scalar(wanted)
    // `nan`, `inf` and hexadecimal are numbers for Swift but not for a person's plan.
    let allowed = Set("0123456789+-.eE".utf8)
    guard plain, text.utf8.allSatisfy(allowed.contains), let value = Double(text),
      range.contains(value)
    else { throw mistake("expected \(wanted)") }
    return value
  }

  /// `true` or `false`.
  public func bool() throws(SettingsError) -> Bool {
    let (text, plain) = try scalar("true or false")
    guard plain, text == "true" || text == "false" else { throw mistake("expected true or false") }
    return text == "true"
  }

  /// The elements of a list, in order.
  public func sequence() throws(SettingsError) -> [SettingsNode] {
    guard case .sequence(let elements) = content else { throw mistake("expected a list") }
    return elements
  }

  /// The keys and values, in order.
  public func mapping() throws(SettingsError) -> SettingsMapping {
    guard case .mapping(let entries) = content else {
      throw mistake("expected keys and values (key: value)")
    }
    return SettingsMapping(node: self, entries: entries)
  }
}
