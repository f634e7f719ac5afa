import Foundation
import TestSupport
import Testing

@testable import Screening

@Suite struct EvasionTests {
  @Test(arguments: [
    "a veltrin sulfoxide b", "VELTRIN SULFOXIDE", "Ｖｅｌｔｒｉｎ　ｓｕｌｆｏｘｉｄｅ",
    "veltrin\nsulfoxide", "veltrin \r\n\t sulfoxide", "veltrin\u{A0}sulfoxide",
    "vel\u{AD}trin sulfo\u{200B}xide", "v\u{200D}eltrin s\u{FEFF}ulfoxide\u{2060}",
    "(veltrin sulfoxide)", "veltrin sulfoxide.", "中veltrin sulfoxide文",
    "𝐯𝐞𝐥𝐭𝐫𝐢𝐧 𝒔𝒖𝒍𝒇𝒐𝒙𝒊𝒅𝒆", "ⓥⓔⓛⓣⓡⓘⓝ sulfoxide", "ᵛeltrin sulfoxide", "veltrin ſulfoxide",
    "\u{1CCEB}eltrin sulfoxide",
  ])
  func aTermIsFoundInEveryGuise(_ text: String) throws {
    let judgement = try screenSet(terms: ["Veltrin  sulfoxide"]).makeSession().judge(text)
    #expect(judgement.action == .drop)
    let match = try #require(judgement.matches.first)
    let found = Array(text.utf8)[match.start..<match.start + match.length]
    #expect(foldedSlowly(String(decoding: found, as: UTF8.self)) == "veltrin sulfoxide")
  }

  @Test(arguments: [
    ("office gas", "the oﬃce gas"), ("École noire", "ÉCOLE NOIRE"),
    ("École noire", "e\u{301}cole noire"), ("E\u{301}cole noire", "école noire"),
    ("strasse", "Straße"), ("ṩal", "s\u{307}\u{323}al"), ("gas ₃", "GAS 3"), ("プリン", "ﾌﾟﾘﾝ"),
    ("毒气", "这是毒气的名字"), ("ไทย", "คำไทยนี้"), ("C++", "a C++17 b"), ("2,4-D", "use 2,4-d now"),
    (".veltrin", "x.veltrin"), ("한글", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}"),
  ])
  func aTermIsFoundInItsOtherForm(_ term: String, _ text: String) throws {
    #expect(try screenSet(terms: ["'\(term)'"]).makeSession().judge(text).action == .drop)
  }

  @Test(arguments: [
    ("veltrin", "veltrine"), ("veltrin", "xveltrin"), ("veltrin", "veltrin_2"),
    ("veltrin", "3veltrin"),
    ("veltrin", "éveltrin"), ("veltrin", "veltrinж"), ("veltrin", "veltrin\u{302}"),
    ("veltrin", "vel trin"), ("C++", "AC++"), ("2,4-D", "2,4-DB"), ("école", "ecole"),
    ("veltrin a", "veltrin.a"), ("veltrin", "\u{200B}xx\u{AD}veltrin"), ("plan a", "plan an"),
  ])
  func aTermInsideALongerWordIsNot(_ term: String, _ text: String) throws {
    #expect(try screenSet(terms: ["'\(term)'"]).makeSession().judge(text).action == nil)
  }

  @Test(arguments: [
    (#"école n\w+"#, "ÉCOLE NÉE", 11), (#"Veltrin-?\d+"#, "ＶＥＬＴＲＩＮ－１２", 30), (#"ж{2}"#, "ЖЖ", 4),
    (#"orrin\s+gas"#, "orrin\n\n gas", 11), ("毒.弹", "是毒气弹吗", 9), (#"x\d+"#, "x123", 4),
  ])
  func patternsMatchFoldedText(_ pattern: String, _ text: String, _ length: Int) throws {
    let judgement = try screenSet(terms: ["{pattern: '\(pattern)'}"]).makeSession().judge(text)
    #expect(judgement.matches.map(\.length) == [length])
  }

  @Test func offsetsNameTheBytesOfTheOriginal() throws {
    let session = try screenSet(terms: ["veltrin", "orrin gas"]).makeSession()
    let text = "Ü—ﬁ\n\nＶeltrin…  Orrin \n\n GAS\u{AD}."
    let judgement = try session.judge(text)
    let bytes = Array(text.utf8)
    let found = judgement.matches.map {
      String(decoding: bytes[$0.start..<$0.start + $0.length], as: UTF8.self)
    }
    #expect(found == ["Ｖeltrin", "Orrin \n\n GAS"])
    #expect(judgement.matches.map(\.rule) == [0, 1])
  }
}

@Suite struct BruteForceTests {
  /// Whether words go on across a place between two characters, by Foundation's character sets.
  private func isInside(_ text: [Unicode.Scalar], _ place: Int) -> Bool {
    func joins(_ scalar: Unicode.Scalar) -> Bool {
      let isWord = CharacterSet.alphanumerics.contains(scalar) || scalar == "_"
      return isWord && !"中ก".unicodeScalars.contains(scalar)
    }
    return place > 0 && place < text.count && joins(text[place - 1]) && joins(text[place])
  }

  @Test func literalsAreFoundExactlyWhereBruteForceFindsThem() throws {
    var generator = SeededGenerator(seed: 11)
    let alphabet = Array("aab_- é中ก1".unicodeScalars)
    func text(_ lengths: ClosedRange<Int>) -> [Unicode.Scalar] {
      (0..<Int.random(in: lengths, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? "a"
      }
    }
    func string(_ scalars: [Unicode.Scalar]) -> String {
      var view = String.UnicodeScalarView()
      view.append(contentsOf: scalars)
      return String(view)
    }
    for _ in 0..<60 {
      var terms: Set<String> = []
      while terms.count < 12 {
        let term = foldedSlowly(string(text(1...4))).trimmingCharacters(in: .whitespaces)
        if !term.isEmpty { terms.insert(term) }
      }
      let list = terms.sorted()
      let set = try screenSet(
        "  - blocklist: list.txt", ["list.txt": list.joined(separator: "\n")])
      let session = try set.makeSession()
      for _ in 0..<40 {
        let content = Array(foldedSlowly(string(text(0...14))).unicodeScalars)
        var expected: [ScreenMatch] = []
        for (rule, term) in list.enumerated() {
          let wanted = Array(term.unicodeScalars)
          for start in 0..<max(0, content.count - wanted.count + 1)
          where Array(content[start..<start + wanted.count]) == wanted
            && !isInside(content, start) && !isInside(content, start + wanted.count)
          {
            let offset = string(Array(content[..<start])).utf8.count
            expected.append(ScreenMatch(rule: rule, start: offset, length: term.utf8.count))
          }
        }
        expected.sort { ($0.start, $0.length, $0.rule) < ($1.start, $1.length, $1.rule) }
        let judgement = try session.judge(string(content))
        #expect(judgement.matches == expected, "\(list) in \(string(content))")
        #expect((judgement.action != nil) == !expected.isEmpty)
      }
    }
  }

  @Test func patternsHoldExactlyWhereSomePartOfTheTextDoes() throws {
    let patterns = [
      "a+b", "(ab )?ba", "b[0-9]+a", "-?ab", "(a|ab)(c|bcd)?", "a.?b", "[ab]{3}", "(b-)?(a )?b1",
    ]
    let set = try screenSet(
      patterns.enumerated().map { "  - blocklist: p\($0.offset).yaml\n    distinct: 1" }
        .joined(separator: "\n"),
      Dictionary(
        uniqueKeysWithValues: patterns.enumerated().map {
          ("p\($0.offset).yaml", pack(["{pattern: '\($0.element)'}"], name: "p\($0.offset)"))
        }))
    let expressions = try patterns.map { try NSRegularExpression(pattern: "^(?:\($0))$") }
    let session = try set.makeSession()
    var generator = SeededGenerator(seed: 5)
    // Pieces of what the patterns look for, so that matches begin inside words and out of them.
    let pieces = ["a", "b", "ab ", "ba", "b1", "a ", "-", "1", "é", " ", "bcd", "c", "b-"]
    for _ in 0..<1500 {
      var view = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...6, using: &generator) {
        view.append(contentsOf: pieces.randomElement(using: &generator)?.unicodeScalars ?? .init())
      }
      let content = Array(foldedSlowly(String(view)).unicodeScalars)
      var expected: [Int] = []
      for (index, expression) in expressions.enumerated()
      where holds(expression, content) { expected.append(index) }
      #expect(try session.judge(String(view)).fired == expected, "\(content)")
    }
  }

  private func holds(_ expression: NSRegularExpression, _ text: [Unicode.Scalar]) -> Bool {
    for start in 0..<text.count where !isInside(text, start) {
      for end in start + 1..<text.count + 1 where !isInside(text, end) {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text[start..<end])
        let part = String(view)
        let range = NSRange(location: 0, length: part.utf16.count)
        if expression.firstMatch(in: part, range: range) != nil { return true }
      }
    }
    return false
  }

  @Test func plantedTermsAreFoundAndLeadBack() throws {
    var generator = SeededGenerator(seed: 3)
    let terms = ["veltrin sulfoxide", "éclat noir", "kessarin", "毒气弹", "office-gas"]
    let set = try screenSet("  - blocklist: l.txt", ["l.txt": terms.joined(separator: "\n")])
    let session = try set.makeSession()
    for _ in 0..<500 {
      let rule = Int.random(in: 0..<terms.count, using: &generator)
      let before = randomText(.random(in: 0...80, using: &generator), ascii: 0.8, &generator)
      let after = randomText(.random(in: 0...80, using: &generator), ascii: 0.8, &generator)
      let guise = disguised(terms[rule], &generator)
      // Commas of two kinds keep marks and letters of the surroundings away.
      let text = "\(before),\(guise);\(after)"
      let judgement = try session.judge(text)
      let match = try #require(judgement.matches.first { $0.rule == rule }, "\(text)")
      let found = Array(text.utf8)[match.start..<match.start + match.length]
      #expect(foldedSlowly(String(decoding: found, as: UTF8.self)) == terms[rule])
      #expect(match.start >= before.utf8.count)
    }
  }

  /// The term in other letters that fold to it.
  private func disguised(_ term: String, _ generator: inout SeededGenerator) -> String {
    var view = String.UnicodeScalarView()
    let decomposed = Bool.random(using: &generator)
    let source = decomposed ? term.decomposedStringWithCanonicalMapping : term
    for scalar in source.unicodeScalars {
      let hidden = view.isEmpty ? 9 : Int.random(in: 0..<10, using: &generator)
      if hidden == 0 {
        view.append(
          ["\u{AD}", "\u{200B}", "\u{2060}"].randomElement(using: &generator) ?? "\u{AD}")
      }
      switch Int.random(in: 0..<4, using: &generator) {
      case 0 where scalar.value == 0x20: view.append(contentsOf: "\r\n \u{A0}".unicodeScalars)
      case 0 where (0x21..<0x7F).contains(scalar.value):
        view.append(Unicode.Scalar(scalar.value + 0xFEE0) ?? scalar)
      case 1: view.append(contentsOf: scalar.properties.uppercaseMapping.unicodeScalars)
      default: view.append(scalar)
      }
    }
    return String(view)
  }
}
