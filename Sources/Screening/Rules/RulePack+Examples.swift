internal import Settings

extension RulePack {
  /// Checks that the pack in YAML at `path` finds each of its `hit` examples and none of its `miss`
  /// examples.
  ///
  /// - Throws: ``SettingsError`` with the line of the first example that fails, or of the first
  ///   mistake in the pack; ``ScreeningError`` where Hyperscan does not run here.
  public static func verifyExamples(at path: String) throws {
    let pack = try RulePack(yaml: path)
    try verifyExamples(of: [pack], with: RuleMatcher(packs: [pack]))
  }

  /// The same for packs that are compiled together. An example is found where any rule of its own
  /// pack is, whatever the weights.
  static func verifyExamples(of packs: [RulePack], with matcher: RuleMatcher) throws {
    guard packs.contains(where: { !$0.hits.isEmpty || !$0.misses.isEmpty }) else { return }
    let folder = TextFolder()
    let scanner = try RuleScanner(matcher, folder)
    var first = 0
    for pack in packs {
      let rules = first..<first + pack.terms.count
      first = rules.upperBound
      func isFound(_ example: RuleExample) throws -> Bool {
        Array(example.text.utf8).withUnsafeBytes { folder.fold($0) }
        try scanner.scan()
        return scanner.collector.distinct.contains(where: rules.contains)
      }
      for example in pack.hits where try !isFound(example) {
        throw pack.mistake(example, "no term of the pack is found in this `hit` example")
      }
      for example in pack.misses where try isFound(example) {
        throw pack.mistake(example, "a term of the pack is found in this `miss` example")
      }
    }
  }

  private func mistake(_ example: RuleExample, _ message: String) -> SettingsError {
    SettingsError(file: path, line: example.line, keyPath: example.keyPath, message: message)
  }
}
