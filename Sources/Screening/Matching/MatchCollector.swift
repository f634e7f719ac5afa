/// Gathers what one scan finds: which rules, and the first places of each.
///
/// One thread at a time; its memory is reused, and a document without hits touches none of it.
final class MatchCollector {
  /// A place in the folded text.
  struct Hit {
    let rule: Int
    let start: Int
    var end: Int
  }

  /// A pattern's match whose leftmost beginning lies inside a word.
  struct Doubt {
    let pattern: Int
    let start: Int
    let end: Int
  }

  let matcher: RuleMatcher
  let folder: TextFolder
  @exclusivity(unchecked) var boundary: WordBoundary

  /// Rules that were found, each once; ascending once the scan is finished.
  @exclusivity(unchecked) private(set) var distinct: [Int] = []
  /// The first hits of each rule, ``hitsPerRule`` at most.
  @exclusivity(unchecked) private(set) var hits: [Hit] = []
  /// Matches that ``RuleScanner`` must look into.
  @exclusivity(unchecked) var doubts: [Doubt] = []
  /// Whether there were too many to keep.
  @exclusivity(unchecked) private(set) var hasTooManyDoubts = false

  /// How often each rule was found; zero for all others.
  @exclusivity(unchecked) private var counts: [Int]
  /// The smallest offset of each rule that was found.
  @exclusivity(unchecked) private var earliest: [Int]
  /// The last hit of each rule that was found, as an index; -1 where it was not kept.
  @exclusivity(unchecked) private var last: [Int]

  static let hitsPerRule = Judgement.matchLimit
  static let doubtLimit = 1 << 16

  init(_ matcher: RuleMatcher, _ folder: TextFolder) {
    self.matcher = matcher
    self.folder = folder
    boundary = WordBoundary(text: folder.target, count: 0, folder: folder)
    counts = .init(repeating: 0, count: matcher.ruleCount)
    earliest = .init(repeating: 0, count: matcher.ruleCount)
    last = .init(repeating: -1, count: matcher.ruleCount)
  }

  /// Forgets the last document and takes the folder's text.
  func begin() {
    for rule in distinct { counts[rule] = 0 }
    distinct.removeAll(keepingCapacity: true)
    hits.removeAll(keepingCapacity: true)
    doubts.removeAll(keepingCapacity: true)
    hasTooManyDoubts = false
    boundary = WordBoundary(text: folder.target, count: folder.count, folder: folder)
  }

  /// How often a rule was found.
  func count(of rule: Int) -> Int { counts[rule] }

  /// The smallest offset at which a rule was found.
  func earliestStart(of rule: Int) -> Int { earliest[rule] }

  /// Puts the rules in ascending order, whatever order the engine reported them in.
  func finish() { distinct.sort() }

  /// The engine saw a literal that ends here.
  func sawLiteral(_ id: Int, end: Int) {
    let literal = matcher.literals[id]
    let start = end - Int(literal.length)
    if literal.beginsWord, boundary.joins(before: start) { return }
    if literal.endsWord, boundary.joins(at: end) { return }
    for index in literal.rules { record(matcher.rulesOfLiterals[index], start, end) }
  }

  /// The engine saw a pattern's match.
  func sawPattern(_ id: Int, start: Int, end: Int) {
    if start == end || boundary.isInsideWord(end) { return }
    if !boundary.isInsideWord(start) { return record(matcher.rulesOfPatterns[id], start, end) }
    if counts[matcher.rulesOfPatterns[id]] > 0 { return }
    guard doubts.count < MatchCollector.doubtLimit else { return hasTooManyDoubts = true }
    doubts.append(Doubt(pattern: id, start: start, end: end))
  }

  /// A rule holds at this place.
  func record(_ rule: Int, _ start: Int, _ end: Int) {
    if counts[rule] == 0 {
      distinct.append(rule)
      earliest[rule] = start
      last[rule] = -1
    } else if last[rule] >= 0, hits[last[rule]].start == start {
      // A pattern reports every end of one beginning; they are one hit, the longest.
      hits[last[rule]].end = max(hits[last[rule]].end, end)
      return
    }
    counts[rule] += 1
    earliest[rule] = min(earliest[rule], start)
    guard counts[rule] <= MatchCollector.hitsPerRule else { return last[rule] = -1 }
    last[rule] = hits.count
    hits.append(Hit(rule: rule, start: start, end: end))
  }
}
