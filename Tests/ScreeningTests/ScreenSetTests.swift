import Corpus
import Foundation
import Settings
import Testing
import TestSupport

@testable import Screening

@Suite struct ScreenSetTests {
  private let files = [
    "red.yaml": pack(["alpha", "beta", "{pattern: 'gam+a', weight: 2}"], name: "red"),
    "yellow.yaml": pack(["beta", "delta"], name: "yellow", level: "yellow"),
    "green.yaml": pack(["epsilon", "alpha"], name: "green", level: "green"),
    "list.txt": "zeta\r\n\r\n# eta\r\n",
  ]
  private let levels: [HazardLevel: HazardAction] = [
    .red: .drop, .yellow: .quarantine, .green: .tag,
  ]

  @Test func reasonsRulesAndRuleSetsComeInThePlansOrder() throws {
    let set = try screenSet(
      """
        - gopher-quality: {}
        - blocklist: yellow.yaml
        - blocklist: list.txt
      """, files)
    #expect(
      set.reasons.prefix(2) == ["gopher-quality/word-count", "gopher-quality/mean-word-length"])
    #expect(set.reasons.count == 10 && set.reasons[8] == "blocklist/yellow@1")
    #expect(set.ruleSets.map(\.name) == ["yellow", "list"])
    #expect(set.ruleSets[1].body == Array("zeta\r\n\r\n# eta\r\n".utf8))
    #expect(set.ruleSets[1].version.count == 12)
    let version = set.ruleSets[1].version
    #expect(
      set.rules.map(\.name) == [
        "blocklist/yellow@1#0", "blocklist/yellow@1#1", "blocklist/list@\(version)#0",
        "blocklist/list@\(version)#1",
      ])
    #expect(set.rules.map(\.reason) == [8, 8, 9, 9] && set.rules.map(\.ruleSet) == [0, 0, 1, 1])
    #expect(try set.makeSession().judge("# ETA").fired == [0, 9])
  }

  @Test func versionOfAListIsItsDigest() throws {
    // printf 'abc\n' | sha256sum
    let set = try screenSet("  - blocklist: abc.txt", ["abc.txt": "abc\n"])
    #expect(set.reasons == ["blocklist/abc@edeaaff3f1774"].map { String($0.dropLast()) })
    let named = try screenSet(
      "  - blocklist: abc.txt\n    name: n\n    version: 7\n    hazard: cyber\n    level: red",
      ["abc.txt": "abc\n"])
    #expect(named.reasons == ["blocklist/n@7"])
  }

  @Test func theScreensActionGoesBeforeTheLevelsAndThatBeforeThePlans() throws {
    func action(_ options: String, _ levels: [HazardLevel: HazardAction]) throws -> HazardAction? {
      let set = try screenSet(
        "  - blocklist: yellow.yaml\n\(options)", files, onHazard: .drop, levels: levels)
      return try set.makeSession().judge("a beta").action
    }
    #expect(try action("    onHazard: tag", levels) == .tag)
    #expect(try action("", levels) == .quarantine)
    #expect(try action("", [.red: .tag]) == .drop)
  }

  @Test func theStrictestActionCountsAndTheFirstScreenWithItNamesTheReason() throws {
    let plan = """
        - blocklist: green.yaml
        - blocklist: yellow.yaml
        - blocklist: red.yaml
        - blocklist: list.txt
      """
    let set = try screenSet(plan, files, onHazard: .drop, levels: levels)
    let session = try set.makeSession()
    let green = try session.judge("epsilon")
    #expect(green.action == .tag && green.reason == 0 && green.rule == 0 && green.fired == [0])
    // `alpha` is green and red, `zeta` of the list is dropped as well: red stands first.
    let both = try session.judge("zeta, alpha")
    #expect(both.action == .drop && both.fired == [0, 2, 3])
    #expect(set.reasons[both.reason] == "blocklist/red@1")
    #expect(both.rule.map { set.rules[$0].name } == "blocklist/red@1#0")
    #expect(both.matches.map(\.rule) == [7, 1, 4] && both.matches.map(\.start) == [0, 6, 6])
    let clean = try session.judge("nothing of the kind")
    #expect(clean == Judgement())
  }

  @Test func theRuleIsTheFirstHitOfItsScreen() throws {
    let session = try screenSet("  - blocklist: red.yaml", files).makeSession()
    #expect(try session.judge("beta alpha beta").rule == 1)
    #expect(try session.judge("gamma alpha").rule == 2)
  }

  @Test(arguments: [
    ("distinct: 2", "alpha alpha alpha", false), ("distinct: 2", "alpha beta", true),
    ("distinct: 2", "gammma", true), ("distinct: 3", "gamma beta gamma", true),
    ("distinct: 3.5", "gamma beta", false), ("distinct: 1.5", "alpha", false),
  ])
  func weightsOfDistinctTermsAddUp(_ option: String, _ text: String, _ fires: Bool) throws {
    let set = try screenSet("  - blocklist: red.yaml\n    \(option)", files)
    #expect((try set.makeSession().judge(text).action != nil) == fires)
  }

  @Test func sumsOfFractionsAreExact() throws {
    // 0.7 + 0.1 + 0.2 is 0.9999999999999999 in binary floating point.
    let terms = ["{term: a, weight: 0.7}", "{term: b, weight: 0.1}", "{term: c, weight: 0.2}"]
    #expect(try screenSet(terms: terms).makeSession().judge("a b c").action == .drop)
  }

  @Test func matchesOfScreensThatDidNotFireAreNotShown() throws {
    let plan = "  - blocklist: red.yaml\n    distinct: 2\n  - blocklist: list.txt"
    let judgement = try screenSet(plan, files).makeSession().judge("alpha zeta")
    #expect(judgement.fired == [1] && judgement.matches.map(\.rule) == [3])
  }

  @Test func matchesBeyondTheLimitAreCounted() throws {
    let session = try screenSet("  - blocklist: red.yaml", files).makeSession()
    let text = String(repeating: "beta alpha gamma ", count: 100)
    for _ in 0..<2 {
      let judgement = try session.judge(text)
      #expect(judgement.matches.count == 64 && judgement.matchesOmitted == 236)
      #expect(judgement.matches.prefix(4).map(\.start) == [0, 5, 11, 17])
      #expect(judgement.matches.last?.start == 17 * 21)
    }
    #expect(try session.judge("beta").matchesOmitted == 0)
  }

  @Test func oneSessionJudgesAsAFreshOne() throws {
    var generator = SeededGenerator(seed: 1)
    let set = try screenSet(
      "  - blocklist: red.yaml\n  - blocklist: green.yaml\n  - gopher-quality: {minimumWords: 3}",
      files)
    let session = try set.makeSession()
    let words = ["alpha", "beta", "gamma", "delta", "the", "be", "#", "é", "\n", "…"]
    for _ in 0..<100 {
      let text = (0..<Int.random(in: 0...8, using: &generator))
        .map { _ in words.randomElement(using: &generator) ?? "" }.joined(separator: " ")
      #expect(try session.judge(text) == set.makeSession().judge(text))
    }
  }

  @Test func threadsThatFoldNewPagesTogetherAgree() async throws {
    // Each task asks for pages that nobody has built yet.
    let set = try screenSet("  - blocklist: red.yaml", files)
    let text = (0x2000..<0x3400).compactMap { Unicode.Scalar($0) }.map { String(Character($0)) }
      .joined(separator: "alpha ")
    let judgements = try await withThrowingTaskGroup(of: Judgement.self) { group in
      for _ in 0..<8 { group.addTask { try set.makeSession().judge(text) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(judgements.allSatisfy { $0 == judgements[0] } && judgements[0].action == .drop)
  }

  @Test func aPlanWithoutScreensKeepsAll() throws {
    let set = try ScreenSet(screens: nil, onHazard: .drop, levels: [:], folder: "")
    #expect(set.reasons.isEmpty && set.rules.isEmpty)
    #expect(try set.makeSession().judge("anything") == Judgement())
  }

  @Test func everyKindHasOneFileAndOneLine() throws {
    let folder = Repository.root.appendingPathComponent("Sources/Screening/Screens")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let listed = Screens.all.map { "\($0).swift" }
    #expect(files.sorted() == listed.sorted())
    #expect(Set(Screens.all.map { $0.kind }).count == Screens.all.count)
  }
}

@Suite struct ScreenMistakeTests {
  /// The message of a mistake in `plan.yaml` or in a file beside it, without the folder.
  private func message(_ screens: String, _ files: [String: String] = [:]) -> String {
    let text = mistake { _ = try screenSet(screens, files) }
    return text.replacing(/\/[^ ]*cordon-screening-[^\/]*\//, with: "")
  }

  @Test func mistakesInAPlanNameItsLine() {
    let files = ["p.yaml": pack(["a"]), "l.txt": "a\nb\n"]
    #expect(
      message("  - blocklst: p.yaml", files)
        == "plan.yaml:2: screens[0].blocklst: unknown screen; did you mean `blocklist`? "
        + "known: blocklist, gopher-quality")
    #expect(
      message("  - blocklist: p.yaml\n    distnct: 2", files).hasPrefix(
        "plan.yaml:3: screens[0].distnct: unknown key; did you mean `distinct`?"))
    #expect(
      message("  - gopher-quality: {minWords: 2}").hasPrefix(
        "plan.yaml:2: screens[0].gopher-quality.minWords: unknown key"))
    #expect(
      message("  - gopher-quality:\n      minimumWords: 9\n      maximumWords: 8").contains(
        "plan.yaml:3: screens[0].gopher-quality: a minimum is above its maximum"))
    #expect(
      message("  - gopher-quality:").hasPrefix(
        "plan.yaml:2: screens[0].gopher-quality: has no value"))
    #expect(
      message("  - blocklist: p.yaml\n    onHazard: keep", files)
        == "plan.yaml:3: screens[0].onHazard: unknown value `keep`; known: tag, quarantine, drop")
    #expect(
      message("  - blocklist: p.yaml\n    distinct: 0", files).contains(
        "plan.yaml:3: screens[0].distinct"))
    #expect(
      message("  - blocklist: p.yaml\n    distinct: 2", files)
        == "plan.yaml:3: screens[0].distinct: can never be reached: "
        + "the weights of all terms sum up to less"
    )
    #expect(
      message("  - blocklist: p.yaml\n    level: red", files)
        == "plan.yaml:3: screens[0].level: a pack in YAML says this itself")
    #expect(
      message("  - blocklist: p.yaml\n  - blocklist: p.yaml", files)
        == "plan.yaml:3: screens[1]: a second screen that gives the reason blocklist/invented@1")
    #expect(
      message("  - blocklist: gone.yaml")
        == "plan.yaml:2: screens[0].blocklist: gone.yaml: there is no such file")
    #expect(
      message("  - blocklist: l.doc").contains(
        "plan.yaml:2: screens[0].blocklist: expected the path"))
    #expect(
      message("  - blocklist: [a]").contains("plan.yaml:2: screens[0].blocklist: expected a text"))
  }

  @Test func mistakesInAPackNameItsLine() {
    func inPack(_ terms: [String], _ more: String = "") -> String {
      message("  - blocklist: p.yaml", ["p.yaml": pack(terms) + more])
    }
    #expect(
      inPack(["Veltrin", "x", "veltrin"])
        == "p.yaml:8: terms[2]: the same term, once folded, as on line 6; remove one of them")
    #expect(
      inPack(["ok", "\"\\u00AD \""]).hasPrefix("p.yaml:7: terms[1]: the term is empty once folded"))
    #expect(inPack(["ok", "''"]).hasPrefix("p.yaml:7: terms[1]: the term is empty once folded"))
    #expect(inPack(["ok", "~"]) == "p.yaml:7: terms[1]: expected a text, found nothing")
    #expect(inPack(["{term: a, wieght: 2}"]).hasPrefix("p.yaml:6: terms[0].wieght: unknown key"))
    #expect(
      inPack(["{term: a, weight: -1}"]).contains("p.yaml:6: terms[0].weight: expected a number"))
    #expect(inPack(["{weight: 1}"]) == "p.yaml:6: terms[0]: needs either `term` or `pattern`")
    #expect(
      inPack(["{term: a, pattern: b}"]) == "p.yaml:6: terms[0]: needs either `term` or `pattern`")
    #expect(
      inPack(["x", "{pattern: '(a'}"]).hasPrefix(
        "p.yaml:7: terms[1]: Hyperscan does not take this pattern"))
    #expect(
      inPack(["{pattern: 'a*'}"]).hasPrefix(
        "p.yaml:6: terms[0]: Hyperscan does not take this pattern"))
    #expect(inPack(["{pattern: 'ﬃ'}"]).contains("where U+FB03 never stands"))
    #expect(inPack(["{pattern: 'É'}"]).contains("where U+C9 never stands"))
    #expect(inPack(["{pattern: 'e\u{301}'}"]).contains("composed (NFC)"))
    #expect(inPack(["{pattern: 'a  b'}"]).contains("folded text has single spaces only"))
    #expect(
      inPack(["{pattern: 'a.b'}", "{pattern: 'a.b'}"]).contains("p.yaml:7: terms[1]: the same term")
    )
    #expect(inPack([String(repeating: "a", count: 5000)]).contains("more than 4096 bytes"))
    #expect(
      inPack(["veltrin"], "examples:\n  hit: [a veltrin, veltrine]\n")
        == "p.yaml:8: examples.hit[1]: no term of the pack is found in this `hit` example")
    #expect(
      inPack(["veltrin"], "examples:\n  miss:\n    - none\n    - a VELTRIN\n")
        == "p.yaml:10: examples.miss[1]: a term of the pack is found in this `miss` example")
    #expect(
      inPack(["a"], "exmaples: {}\n").hasPrefix("p.yaml:7: exmaples: unknown key; did you mean"))
  }

  @Test func mistakesInAPacksHeadNameTheirLine() {
    func inPack(_ text: String) -> String { message("  - blocklist: p.yaml", ["p.yaml": text]) }
    let head = "pack: p\nversion: 1\nhazard: chemical\nlevel: red\n"
    #expect(inPack(head + "terms: []\n") == "p.yaml:5: terms: a pack needs terms")
    #expect(inPack(head) == "p.yaml:1: the key `terms` is missing")
    #expect(
      inPack("pack: p\nversion: 1\nhazard: chemicals\nlevel: red\nterms: [a]\n").hasPrefix(
        "p.yaml:3: hazard: unknown value `chemicals`; did you mean `chemical`?"))
    #expect(inPack("pack: p q\nversion: 1\n").hasPrefix("p.yaml:1: pack: use letters, digits"))
    #expect(
      inPack(head + "terms: [a]\nlevel: green\n").hasPrefix("p.yaml:4: level: the key stands more"))
  }

  @Test func mistakesInAListNameItsLine() {
    func inList(_ name: String, _ text: String) -> String {
      message("  - blocklist: \(name)", [name: text])
    }
    #expect(
      inList("l.txt", "a\n\nA\n").hasPrefix("l.txt:3: the same term, once folded, as on line 1"))
    #expect(inList("l.txt", "a\n\u{AD}\n").hasPrefix("l.txt:2: the term is empty once folded"))
    #expect(
      inList("l.txt", "\n \n")
        == "plan.yaml:2: screens[0].blocklist: l.txt: holds no term that counts")
    #expect(inList("my list.txt", "a\n").contains("cannot stand in a reason"))
    let head = "keyword,pos_ratio\n"
    #expect(inList("l.csv", "keyword\na\n").hasPrefix("l.csv:1: the first line must name"))
    #expect(
      inList("l.csv", head + "a,0.5\nb,x\n") == "l.csv:3: pos_ratio must be a number from 0 to 1")
    #expect(inList("l.csv", head + "a,0.5\nb,0.5,1\n") == "l.csv:3: has 3 fields, the header 2")
    #expect(inList("l.csv", head + "\"a\nb,0.5\n") == "l.csv:2: a quote is opened and never closed")
    #expect(inList("l.csv", head + "\"a\"b,0.5\n").hasPrefix("l.csv:2: text after a closing quote"))
    #expect(inList("l.csv", head + "a\"b,0.5\n").hasPrefix("l.csv:2: a quote inside a field"))
    #expect(inList("l.csv", head + "\"x\ny\",0.5\nq,2\n").hasPrefix("l.csv:4: pos_ratio"))
    #expect(inList("l.csv", head + "a,0.4\n").contains("holds no term that counts"))
    #expect(inList("l.csv", "").contains("is empty"))
    #expect(
      inList("l.csv", "keyword,pos_ratio,is_relevant\na,0.9,maybe\n")
        == "l.csv:2: is_relevant must be true or false")
  }

  @Test func keywordTablesKeepWhatCounts() throws {
    let table = """
      is_relevant,keyword,pos_ratio,note\r
      True,alpha,0.41,x\r
      true,beta,0.4,"not above"\r
      False,gamma,0.9,\r
      ,"delta, ""the"" one",1.0,"two
      lines"\r
      1,"ep
      silon",0.5,
      """
    let set = try screenSet("  - blocklist: t.csv", ["t.csv": "\u{FEFF}" + table])
    let session = try set.makeSession()
    #expect(set.rules.count == 3)
    for (text, fires) in [
      ("alpha", true), ("beta", false), ("gamma", false), ("delta, \"the\" one", true),
      ("ep silon", true),
    ] {
      #expect((try session.judge(text).action != nil) == fires, "\(text)")
    }
  }

  @Test func aPatternWithTooManyBeginningsIsNotDecidedSilently() throws {
    let session = try screenSet(terms: ["{pattern: 'x[a-z0-9 ]*y'}"]).makeSession()
    // Every x lies inside a word and so does every beginning of a match; every y ends a word.
    let text = String(repeating: "ax by ", count: 3000)
    #expect(throws: ScreeningError.patternBudget(rule: "blocklist/invented@1#0")) {
      try session.judge(text)
    }
    #expect(try session.judge("x by").action == .drop)
    #expect(try session.judge("ax by x by").matches == [ScreenMatch(rule: 0, start: 6, length: 4)])
  }
}
