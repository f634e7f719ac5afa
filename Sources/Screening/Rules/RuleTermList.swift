internal import Settings

/// Collects the terms of one file: folds them, and refuses what can never match or stands twice.
struct RuleTermList {
  let path: String
  private(set) var terms: [RuleTerm] = []
  private var lines: [RuleTerm.Matcher: Int] = [:]
  private let folder = TextFolder()

  /// The longest folded term, in bytes. Hyperscan takes 16,000.
  static let byteLimit = 4096

  init(path: String) { self.path = path }

  /// Takes a literal term.
  mutating func append(
    term: String, weight: Int, line: Int, keyPath: String = ""
  ) throws(SettingsError) {
    var folded = folder.folded(Array(term.utf8))
    if folded.last == 0x20 { folded.removeLast() }
    if folded.first == 0x20 { folded.removeFirst() }
    func mistake(_ message: String) -> SettingsError {
      SettingsError(file: path, line: line, keyPath: keyPath, message: message)
    }
    guard !folded.isEmpty else {
      throw mistake("the term is empty once folded (white space and invisible characters only)")
    }
    guard folded.count <= RuleTermList.byteLimit else {
      throw mistake("the term has more than \(RuleTermList.byteLimit) bytes")
    }
    try append(.literal(folded), weight, line, keyPath)
  }

  /// Takes a pattern.
  mutating func append(
    pattern: String, weight: Int, line: Int, keyPath: String = ""
  ) throws(SettingsError) {
    if let problem = problem(of: pattern) {
      throw SettingsError(file: path, line: line, keyPath: keyPath, message: problem)
    }
    try append(.pattern(pattern), weight, line, keyPath)
  }

  private mutating func append(
    _ matcher: RuleTerm.Matcher, _ weight: Int, _ line: Int, _ keyPath: String
  ) throws(SettingsError) {
    if let first = lines.updateValue(line, forKey: matcher) {
      throw SettingsError(
        file: path, line: line, keyPath: keyPath,
        message: "the same term, once folded, as on line \(first); remove one of them")
    }
    terms.append(RuleTerm(matcher: matcher, weight: weight, line: line))
  }

  /// Why a pattern can never match folded text; nil where it may.
  private func problem(of pattern: String) -> String? {
    if pattern.isEmpty { return "the pattern is empty" }
    // Folding a pattern would turn \D into \d; what it cannot mean is refused instead.
    for scalar in pattern.unicodeScalars where !scalar.isASCII {
      if CaseFolding.mapping(of: scalar) == nil { continue }
      let name = String(scalar.value, radix: 16, uppercase: true)
      return "patterns match folded text, where U+\(name) never stands; write its folded form"
    }
    if CaseFolding.composed(pattern.unicodeScalars).utf8.count != pattern.utf8.count {
      return "patterns match folded text; write the characters beyond ASCII composed (NFC)"
    }
    let bytes = Array(pattern.utf8)
    for (index, byte) in bytes.enumerated() where isASCIISpace(byte) {
      let doubled = index + 1 < bytes.count && isASCIISpace(bytes[index + 1])
      if byte != 0x20 || doubled {
        return "folded text has single spaces only; write one space"
      }
    }
    return nil
  }
}
