internal import CHyperscan
internal import Settings

/// The terms and patterns of all packs, compiled once and shared by all threads.
///
/// Rules are numbered over the packs in order, terms in the order of their file. Terms that are
/// equal once folded are one literal to Hyperscan, whichever packs they come from.
struct RuleMatcher: Sendable {
  /// A literal as the engine knows it.
  struct Literal {
    /// Its length in bytes.
    let length: UInt32
    /// Whether its first and last character are such that the neighbour must not continue a word.
    let beginsWord: Bool
    let endsWord: Bool
    /// Its rules, as a range of ``rulesOfLiterals``.
    let rules: Range<Int>
  }

  let literals: [Literal]
  let rulesOfLiterals: [Int]
  /// The rule of each pattern.
  let rulesOfPatterns: [Int]
  /// The number of rules.
  let ruleCount: Int
  /// The names of the rules that are patterns, by pattern, for messages.
  let patternNames: [String]

  let literalDatabase: HyperscanDatabase?
  let patternDatabase: HyperscanDatabase?

  /// Compiles the packs.
  ///
  /// - Throws: ``SettingsError`` with the line of a pattern that Hyperscan does not take;
  ///   ``ScreeningError`` where the processor is too old.
  init(packs: [RulePack]) throws {
    guard hs_valid_platform() == HS_SUCCESS else { throw ScreeningError.unsupportedProcessor }
    let gathered = Gathered(packs)
    ruleCount = packs.reduce(0) { $0 + $1.terms.count }
    literals = gathered.literals
    rulesOfLiterals = gathered.rulesOfLiterals
    rulesOfPatterns = gathered.patterns.map(\.rule)
    patternNames = gathered.patterns.map { pattern in
      let pack = packs[pattern.pack]
      return "blocklist/\(pack.name)@\(pack.version)#\(pattern.term)"
    }
    do throws(HyperscanDatabase.Refusal) {
      literalDatabase =
        gathered.texts.isEmpty ? nil : try HyperscanDatabase.literals(gathered.texts)
    } catch {
      throw SettingsError(
        file: packs.first?.path ?? "", line: 0,
        message: "Hyperscan does not take these terms: \(error.message)")
    }
    do throws(HyperscanDatabase.Refusal) {
      patternDatabase =
        gathered.patterns.isEmpty
        ? nil : try HyperscanDatabase.patterns(gathered.patterns.map(\.source))
    } catch {
      throw RuleMatcher.mistake(error, gathered.patterns, packs)
    }
  }

  private static func mistake(
    _ refusal: HyperscanDatabase.Refusal, _ patterns: [Gathered.Pattern], _ packs: [RulePack]
  ) -> SettingsError {
    guard patterns.indices.contains(refusal.expression) else {
      let all = "Hyperscan does not take these patterns together: \(refusal.message)"
      return SettingsError(file: packs.first?.path ?? "", line: 0, message: all)
    }
    let pattern = patterns[refusal.expression]
    let pack = packs[pattern.pack]
    return SettingsError(
      file: pack.path, line: pack.terms[pattern.term].line, keyPath: "terms[\(pattern.term)]",
      message: "Hyperscan does not take this pattern: \(refusal.message)")
  }
}

/// The packs' terms, sorted into literals and patterns.
private struct Gathered {
  struct Pattern {
    let pack: Int
    let term: Int
    let rule: Int
    let source: String
  }

  var texts: [[UInt8]] = []
  var literals: [RuleMatcher.Literal] = []
  var rulesOfLiterals: [Int] = []
  var patterns: [Pattern] = []

  init(_ packs: [RulePack]) {
    var indices: [[UInt8]: Int] = [:]
    var rules: [[Int]] = []
    var rule = 0
    for (packIndex, pack) in packs.enumerated() {
      for (termIndex, term) in pack.terms.enumerated() {
        switch term.matcher {
        case .literal(let text):
          if let index = indices[text] {
            rules[index].append(rule)
          } else {
            indices[text] = texts.count
            texts.append(text)
            rules.append([rule])
          }
        case .pattern(let source):
          patterns.append(Pattern(pack: packIndex, term: termIndex, rule: rule, source: source))
        }
        rule += 1
      }
    }
    let folder = TextFolder()
    for (index, text) in texts.enumerated() {
      let first = rulesOfLiterals.count
      rulesOfLiterals += rules[index]
      let (begins, ends) = text.withUnsafeBufferPointer { bytes -> (Bool, Bool) in
        // A folded term is never empty.
        guard let base = bytes.baseAddress else { return (false, false) }
        let head = decodeScalar(base, at: 0, end: bytes.count).value
        let tail = decodeScalarBefore(base, bytes.count)
        return (
          folder.entry(head).has(FoldEntry.joins), folder.entry(tail).has(FoldEntry.joins)
        )
      }
      literals.append(
        RuleMatcher.Literal(
          length: UInt32(text.count), beginsWord: begins, endsWord: ends,
          rules: first..<rulesOfLiterals.count))
    }
  }
}
