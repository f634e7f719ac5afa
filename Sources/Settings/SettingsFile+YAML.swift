internal import Yams

extension SettingsFile {
  /// The deepest nesting of sequences and mappings that is read. A plan needs five.
  static let depthLimit = 64

  private static let repeatedKey =
    "the key stands more than once in one mapping, first on this line"

  /// The root value of one YAML document.
  static func parse(_ bytes: [UInt8], path: String) throws(SettingsError) -> SettingsNode {
    var content = bytes[...]
    if content.starts(with: [0xEF, 0xBB, 0xBF]) { content = content.dropFirst(3) }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw SettingsError(
        file: path, line: lineOfInvalidText(bytes), message: "is not UTF-8; save it as UTF-8")
    }
    do {
      // The basic resolver gives every scalar its text: what it means is asked by key, so that
      // `no` may be a term and `1e3` a name.
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      guard let root = try parser.singleRoot() else {
        throw SettingsError(file: path, line: 0, message: "is empty")
      }
      // The parser owns the anchors: it must outlive the question whether there are any.
      return try withExtendedLifetime(parser) {
        try node(root, file: path, keyPath: "", depth: 0)
      }
    } catch let error as SettingsError {
      throw error
    } catch let error as YamlError {
      throw settingsError(from: error, path: path)
    } catch {
      throw SettingsError(file: path, line: 0, message: "is not YAML")
    }
  }

  private static func node(
    _ node: Node, file: String, keyPath: String, depth: Int
  ) throws(SettingsError) -> SettingsNode {
    let line = node.mark?.line ?? 0
    func mistake(_ message: String) -> SettingsError {
      SettingsError(file: file, line: line, keyPath: keyPath, message: message)
    }
    if node.anchor != nil { throw mistake("anchors and aliases (& and *) are not supported") }
    guard depth <= depthLimit else { throw mistake("nested more than \(depthLimit) deep") }
    let content: SettingsNode.Content
    switch node {
    case .scalar(let scalar):
      content = .scalar(scalar.string, plain: scalar.style == .plain)
    case .sequence(let sequence):
      var elements: [SettingsNode] = []
      elements.reserveCapacity(sequence.count)
      for (index, element) in sequence.enumerated() {
        let path = "\(keyPath)[\(index)]"
        elements.append(
          try SettingsFile.node(element, file: file, keyPath: path, depth: depth + 1))
      }
      content = .sequence(elements)
    case .mapping(let mapping):
      var entries: [SettingsMapping.Entry] = []
      var seen: Set<String> = []
      for (key, value) in mapping {
        guard let name = key.scalar?.string, key.anchor == nil else {
          throw mistake("a key must be a plain word")
        }
        let path = keyPath.isEmpty ? name : "\(keyPath).\(name)"
        // The parser finds a repeated key too, but not where a tag makes the two unequal.
        guard seen.insert(name).inserted else { throw mistake("the key `\(name)` stands twice") }
        let value = try SettingsFile.node(value, file: file, keyPath: path, depth: depth + 1)
        entries.append(.init(key: name, line: key.mark?.line ?? line, value: value))
      }
      content = .mapping(entries)
    case .alias:
      throw mistake("anchors and aliases (& and *) are not supported")
    }
    return SettingsNode(file: file, line: line, keyPath: keyPath, content: content)
  }

  private static func settingsError(from error: YamlError, path: String) -> SettingsError {
    // Yams' own description quotes the line: a pack's term must not get into a log.
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return SettingsError(file: path, line: mark.line, message: "is not YAML here: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let name = duplicates.first ?? ""
      return SettingsError(
        file: path, line: context.mark.line, keyPath: name,
        message: repeatedKey)
    case .reader(let problem, _, _, _):
      return SettingsError(file: path, line: 0, message: "is not YAML: \(problem)")
    default:
      return SettingsError(file: path, line: 0, message: "is not YAML")
    }
  }

  /// The line of the first byte that is not UTF-8, counted from 1.
  public static func lineOfInvalidText(_ bytes: [UInt8]) -> Int {
    var line = 1
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if String(validating: bytes[start..<end], as: UTF8.self) == nil { return line }
      line += 1
      start = end + 1
    }
    return line
  }
}
