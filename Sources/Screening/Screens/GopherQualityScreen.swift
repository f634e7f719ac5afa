internal import Settings

/// The quality rules of Gopher (Rae et al., arXiv 2112.11446, table A1), datatrove's thresholds.
///
/// A document that breaks one is dropped; the reason names the first broken rule in the order of
/// ``reasons``. What a word is, ``GopherCounts`` says.
struct GopherQualityScreen: Screen {
  static let kind = "gopher-quality"
  static let findsHazards = false
  static let options: [String] = []

  let reasons = [
    "word-count", "mean-word-length", "hash-ratio", "ellipsis-ratio", "bullet-lines",
    "ellipsis-lines", "alphabetic-words", "stop-words",
  ].map { "\(kind)/\($0)" }

  /// The bounds within which a document is kept.
  struct Thresholds {
    /// Words.
    var words = 50...100_000
    /// Characters per word.
    var meanWordLength = 3.0...10.0
    /// `#` signs per word, at most.
    var hashRatio = 0.1
    /// Ellipses per word, at most.
    var ellipsisRatio = 0.1
    /// The share of lines that begin with a bullet, at most.
    var bulletLines = 0.9
    /// The share of lines that end in an ellipsis, at most.
    var ellipsisLines = 0.3
    /// The share of words with a letter, at least.
    var alphabeticWords = 0.8
    /// Different stop words, at least.
    var stopWords = 2
  }

  private let thresholds: Thresholds

  init(_ entry: ScreenEntry, _ plan: inout ScreenPlan) throws(SettingsError) {
    var thresholds = Thresholds()
    let keys = try entry.value.mapping()
    try keys.allow([
      "minimumWords", "maximumWords", "minimumMeanWordLength", "maximumMeanWordLength",
      "maximumHashRatio", "maximumEllipsisRatio", "maximumBulletLines", "maximumEllipsisLines",
      "minimumAlphabeticWords", "minimumStopWords",
    ])
    let fewest = try keys.optional("minimumWords")?.int(in: 0...Int.max) ?? 50
    let most = try keys.optional("maximumWords")?.int(in: 0...Int.max) ?? 100_000
    let shortest = try keys.optional("minimumMeanWordLength")?.double(in: 0...1e9) ?? 3
    let longest = try keys.optional("maximumMeanWordLength")?.double(in: 0...1e9) ?? 10
    guard fewest <= most, shortest <= longest else {
      throw entry.value.mistake("a minimum is above its maximum: no document could pass")
    }
    thresholds.words = fewest...most
    thresholds.meanWordLength = shortest...longest
    func share(_ key: String, _ value: inout Double, _ bound: Double) throws(SettingsError) {
      if let node = keys.optional(key) { value = try node.double(in: 0...bound) }
    }
    try share("maximumHashRatio", &thresholds.hashRatio, 1e9)
    try share("maximumEllipsisRatio", &thresholds.ellipsisRatio, 1e9)
    try share("maximumBulletLines", &thresholds.bulletLines, 1)
    try share("maximumEllipsisLines", &thresholds.ellipsisLines, 1)
    try share("minimumAlphabeticWords", &thresholds.alphabeticWords, 1)
    if let node = keys.optional("minimumStopWords") {
      thresholds.stopWords = try node.int(in: 0...GopherCounts.stopWordList.count)
    }
    self.thresholds = thresholds
  }

  func judge(_ document: ScreenedDocument) -> ScreenOutcome? {
    let counts = GopherCounts(document.text, document.folder)
    return brokenRule(counts).map { ScreenOutcome(action: .drop, reason: $0, rule: nil) }
  }

  /// The first rule that the counts break, as an index into ``reasons``.
  func brokenRule(_ counts: GopherCounts) -> Int? {
    // A document without words has no ratios; its counts speak for themselves.
    let words = Double(max(counts.words, 1))
    let lines = Double(max(counts.lines, 1))
    if !thresholds.words.contains(counts.words) { return 0 }
    if !thresholds.meanWordLength.contains(Double(counts.wordCharacters) / words) { return 1 }
    if Double(counts.hashes) / words > thresholds.hashRatio { return 2 }
    if Double(counts.ellipses) / words > thresholds.ellipsisRatio { return 3 }
    if Double(counts.bulletLines) / lines > thresholds.bulletLines { return 4 }
    if Double(counts.ellipsisLines) / lines > thresholds.ellipsisLines { return 5 }
    if Double(counts.alphabeticWords) / words < thresholds.alphabeticWords { return 6 }
    if counts.distinctStopWords < thresholds.stopWords { return 7 }
    return nil
  }
}
