/// Judges documents, one after another, on one thread: it owns the buffers of folding, Hyperscan's
/// scratch memory and the counts of matches.
public final class ScreenSession {
  private let screens: [any Screen]
  private let firstReasons: [Int]
  private let findsHazards: [Bool]
  private let folder: TextFolder
  private let scanner: RuleScanner
  private let needsFold: Bool
  /// The rules of the screens that fired, for choosing the matches to show.
  private var firedRules: [Range<Int>] = []

  init(_ set: ScreenSet) throws(ScreeningError) {
    screens = set.screens
    firstReasons = set.firstReasons
    findsHazards = set.screens.map { type(of: $0).findsHazards }
    folder = TextFolder()
    scanner = try RuleScanner(set.matcher, folder)
    needsFold = set.matcher.ruleCount > 0
  }

  /// Judges a document by all screens.
  ///
  /// - Parameters:
  ///   - text: valid UTF-8.
  ///   - judgement: what is said of it; reused, so that a clean document costs no allocation.
  /// - Throws: ``ScreeningError``: the document is unscored and must not be kept.
  public func judge(
    _ text: UnsafeRawBufferPointer, into judgement: inout Judgement
  ) throws(ScreeningError) {
    judgement.reset()
    guard text.count <= OffsetMap.textLimit else { throw .textTooLong(bytes: text.count) }
    if needsFold {
      folder.fold(text)
      try scanner.scan()
    }
    firedRules.removeAll(keepingCapacity: true)
    let document = ScreenedDocument(
      text: text, collector: scanner.collector, folder: folder)
    for index in 0..<screens.count {
      guard let outcome = screens[index].judge(document) else { continue }
      let reason = firstReasons[index] + outcome.reason
      judgement.fired.append(reason)
      if findsHazards[index] {
        judgement.hazardAction = max(judgement.hazardAction ?? outcome.action, outcome.action)
      }
      if let blocklist = screens[index] as? BlocklistScreen { firedRules.append(blocklist.rules) }
      // Strictly greater: of equal actions the first screen in the plan's order names the reason.
      if judgement.action.map({ outcome.action > $0 }) ?? true {
        judgement.action = outcome.action
        judgement.reason = reason
        judgement.rule = outcome.rule
      }
    }
    if !firedRules.isEmpty { collectMatches(&judgement) }
  }

  private func collectMatches(_ judgement: inout Judgement) {
    let collector = scanner.collector
    var total = 0
    for rule in collector.distinct where isFired(rule) { total += collector.count(of: rule) }
    for hit in collector.hits where isFired(hit.rule) {
      let place = folder.map.original(of: hit.start..<hit.end)
      judgement.matches.append(
        ScreenMatch(rule: hit.rule, start: place.lowerBound, length: place.count))
    }
    judgement.matches.sort { ($0.start, $0.length, $0.rule) < ($1.start, $1.length, $1.rule) }
    let excess = judgement.matches.count - Judgement.matchLimit
    if excess > 0 { judgement.matches.removeLast(excess) }
    judgement.matchesOmitted = total - judgement.matches.count
  }

  private func isFired(_ rule: Int) -> Bool {
    firedRules.contains { $0.contains(rule) }
  }
}
