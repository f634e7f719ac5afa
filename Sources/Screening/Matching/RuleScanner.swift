internal import CHyperscan

/// One thread's scan over folded text.
final class RuleScanner {
  let collector: MatchCollector
  private let matcher: RuleMatcher
  private let scratch: HyperscanScratch

  init(_ matcher: RuleMatcher, _ folder: TextFolder) throws(ScreeningError) {
    self.matcher = matcher
    collector = MatchCollector(matcher, folder)
    let databases = [matcher.literalDatabase, matcher.patternDatabase].compactMap(\.self)
    scratch = try HyperscanScratch(for: databases)
  }

  /// Finds all rules in the text that the folder holds.
  func scan() throws(ScreeningError) {
    collector.begin()
    let text = collector.boundary
    guard text.count > 0 else { return }
    if let database = matcher.literalDatabase {
      try scan(database, text.text, text.count, collector) { id, _, end, _, context in
        MatchCollector.at(context) { $0.sawLiteral(Int(id), end: Int(end)) }
        return 0
      }
    }
    if let database = matcher.patternDatabase {
      try scan(database, text.text, text.count, collector) { id, start, end, _, context in
        MatchCollector.at(context) { $0.sawPattern(Int(id), start: Int(start), end: Int(end)) }
        return 0
      }
      try settleDoubts()
    }
    collector.finish()
  }

  private func scan(
    _ database: HyperscanDatabase, _ text: UnsafePointer<UInt8>, _ count: Int,
    _ context: AnyObject,
    _ report: @convention(c) (UInt32, UInt64, UInt64, UInt32, UnsafeMutableRawPointer?) -> Int32
  ) throws(ScreeningError) {
    let code = UnsafeRawPointer(text).withMemoryRebound(to: CChar.self, capacity: count) { bytes in
      hs_scan(
        database.pointer, bytes, UInt32(count), 0, scratch.pointer, report,
        Unmanaged.passUnretained(context).toOpaque())
    }
    guard code == HS_SUCCESS else { throw .engine(code: code, doing: "scanning") }
  }

  // MARK: Patterns that begin inside a word

  /// A match that ends at one place, looked for from a later beginning.
  private final class Search {
    let pattern: Int
    let end: Int
    var start: Int?

    init(pattern: Int, end: Int) {
      self.pattern = pattern
      self.end = end
    }
  }

  /// Hyperscan tells the leftmost beginning of a match only. Where that lies inside a word, a later
  /// one may not: of `(foo )?bar` in `xfoo bar` the second word alone is a match. Each such end is
  /// scanned again from the following boundaries on, within a budget of work.
  private func settleDoubts() throws(ScreeningError) {
    guard !collector.doubts.isEmpty, let database = matcher.patternDatabase else { return }
    let text = collector.boundary
    var budget = 4 * text.count + (64 << 10)
    for doubt in collector.doubts {
      let rule = matcher.rulesOfPatterns[doubt.pattern]
      if collector.count(of: rule) > 0 { continue }
      var start = text.next(after: doubt.start)
      while start < doubt.end {
        budget -= doubt.end - start + 64
        guard budget > 0 else { throw .patternBudget(rule: matcher.patternNames[doubt.pattern]) }
        let search = Search(pattern: doubt.pattern, end: doubt.end - start)
        try scan(database, text.text + start, search.end, search) { id, start, end, _, context in
          guard let context else { return 0 }
          Unmanaged<Search>.fromOpaque(context)._withUnsafeGuaranteedRef { search in
            if search.pattern == id, search.end == end { search.start = Int(start) }
          }
          return 0
        }
        guard let found = search.start else { break }
        if !text.isInsideWord(start + found) {
          collector.record(rule, start + found, doubt.end)
          break
        }
        start = text.next(after: start + found)
      }
    }
    if collector.hasTooManyDoubts {
      let undecided = collector.doubts.last.map { matcher.patternNames[$0.pattern] }
      throw .patternBudget(rule: undecided ?? "")
    }
  }
}

extension MatchCollector {
  /// The collector that a C callback got as its context.
  @inline(__always)
  static func at(_ context: UnsafeMutableRawPointer?, _ body: (MatchCollector) -> Void) {
    guard let context else { return }
    Unmanaged<MatchCollector>.fromOpaque(context)._withUnsafeGuaranteedRef(body)
  }
}
