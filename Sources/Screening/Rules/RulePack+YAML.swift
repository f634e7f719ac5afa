internal import Corpus
public import Settings

extension RulePack {
  /// Reads a pack in YAML: `pack`, `version`, `hazard`, `level`, `terms`, `examples`.
  ///
  /// A term is a text, `{term, weight}` or `{pattern, weight}`; the weight is 1 by default.
  ///
  /// - Throws: ``SettingsError`` with the line of the first mistake.
  public init(yaml path: String) throws(SettingsError) {
    let file = try SettingsFile(path: path)
    let root = try file.root.mapping()
    try root.allow(["pack", "version", "hazard", "level", "terms", "examples"])
    name = try RulePack.name(root.required("pack"))
    version = try RulePack.name(root.required("version"))
    let areas = HazardArea.allCases.map(\.rawValue)
    area = HazardArea(rawValue: try root.required("hazard").choice(of: areas))
    let levels = HazardLevel.allCases.map(\.rawValue)
    level = HazardLevel(rawValue: try root.required("level").choice(of: levels))
    self.path = path
    body = file.bytes
    let nodes = try root.required("terms").sequence()
    guard !nodes.isEmpty else { throw try root.required("terms").mistake("a pack needs terms") }
    var list = RuleTermList(path: path)
    for node in nodes { try RulePack.append(node, to: &list) }
    terms = list.terms
    let examples = try root.optional("examples")?.mapping()
    try examples?.allow(["hit", "miss"])
    hits = try RulePack.examples(examples?.optional("hit"))
    misses = try RulePack.examples(examples?.optional("miss"))
  }

  /// A name or version, which stands in reasons: letters, digits and `.-_+` only.
  static func name(_ node: SettingsNode) throws(SettingsError) -> String {
    let text = try node.string()
    guard isName(text) else {
      throw node.mistake("use letters, digits, '.', '-', '_' and '+' only, 64 at most")
    }
    return text
  }

  /// Whether a text can stand in a reason.
  static func isName(_ text: String) -> Bool {
    let allowed: (UInt8) -> Bool = { byte in
      (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || ".-_+".utf8.contains(byte)
    }
    return (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(allowed)
  }

  private static func append(
    _ node: SettingsNode, to list: inout RuleTermList
  ) throws(SettingsError) {
    guard node.kind == .mapping else {
      return try list.append(
        term: node.string(), weight: RuleTerm.unit, line: node.line, keyPath: node.keyPath)
    }
    let entry = try node.mapping()
    try entry.allow(["term", "pattern", "weight"])
    let weight = try entry.optional("weight")?.double(in: 0.000_001...1_000_000) ?? 1
    let millionths = RuleTerm.weight(weight)
    switch (entry.optional("term"), entry.optional("pattern")) {
    case (let term?, nil):
      try list.append(
        term: term.string(), weight: millionths, line: term.line, keyPath: node.keyPath)
    case (nil, let pattern?):
      try list.append(
        pattern: pattern.string(), weight: millionths, line: pattern.line, keyPath: node.keyPath)
    default:
      throw node.mistake("needs either `term` or `pattern`")
    }
  }

  private static func examples(_ node: SettingsNode?) throws(SettingsError) -> [RuleExample] {
    var examples: [RuleExample] = []
    for example in try node?.sequence() ?? [] {
      let text = try example.string()
      examples.append(RuleExample(text: text, line: example.line, keyPath: example.keyPath))
    }
    return examples
  }
}
