import TestSupport
import Testing

@testable import Screening

@Suite struct GopherTests {
  private func counts(_ text: String) -> GopherCounts {
    var text = text
    return text.withUTF8 { GopherCounts(UnsafeRawBufferPointer($0), TextFolder()) }
  }

  @Test(arguments: [
    ("", 0, 0), ("one", 1, 3), ("one two", 2, 6), ("don't stop", 2, 9), ("don’t", 1, 5),
    ("'quoted'", 1, 6), ("U.S.A.", 1, 5), ("end. Next", 2, 7), ("3.14 1,000.5", 2, 11),
    ("a,b", 2, 2), ("3,a", 2, 2), ("snake_case x-y", 3, 12), ("École née", 2, 8),
    ("e\u{301}cole", 1, 6), ("中文字", 3, 3), ("中文abc", 3, 5), ("abc中", 2, 4), ("ไทย", 3, 3),
    ("ที่", 1, 3), ("カ\u{3099}x", 2, 3), ("can''t", 2, 4), ("well--known", 2, 9), ("# * …", 0, 0),
    ("abcdefghijklmnopqrstuvwxyz abcdefgh", 2, 34), ("12:30", 2, 4), ("l·l", 1, 3),
  ])
  func wordsAndTheirLengths(_ text: String, _ words: Int, _ characters: Int) {
    let counts = counts(text)
    #expect(counts.words == words && counts.wordCharacters == characters, "\(counts)")
  }

  @Test(arguments: [
    ("the BE To", 3), ("then bed too", 0), ("the the the", 1), ("that have with of and", 5),
    ("the's", 0), ("thé", 0), ("t_he", 0), ("to.the", 0), ("o\u{301}f", 0), ("(of)", 1),
  ])
  func stopWordsAreWholeWords(_ text: String, _ expected: Int) {
    #expect(counts(text).distinctStopWords == expected)
  }

  @Test(arguments: [
    ("", 0, 0, 0), ("a", 1, 0, 0), ("a\n", 1, 0, 0), ("a\n\nb", 3, 0, 0),
    ("a\r\nb\rc\u{2028}d", 4, 0, 0),
    ("- a\n  • b\n c", 3, 2, 0), ("a -\n--", 2, 1, 0), ("a...\nb…  \nc.. \n...", 4, 0, 3),
    ("a... b\nc…d", 2, 0, 0), ("a . . .", 1, 0, 0), ("\n", 1, 0, 0), (" ", 1, 0, 0),
  ])
  func linesBulletsAndEllipses(_ text: String, _ lines: Int, _ bullets: Int, _ ends: Int) {
    let counts = counts(text)
    #expect(counts.lines == lines, "\(counts)")
    #expect(counts.bulletLines == bullets && counts.ellipsisLines == ends, "\(counts)")
  }

  @Test("a tab is as good as a space: words are counted alike one by one", arguments: 0..<40)
  func runsOfWords(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "the", "of", "a", "with", "harbour", "counting", "abcdefghijklmno", "abcdefghijklmnop",
      "abcdefghijklmnopqrstu", "don't", "3.14", "x1", "école", "中", "THE", "_", "-", "•", "#",
    ]
    let signs = ["", "", "", "", ",", ".", ":", ";", "!", "?", "...", "…", ")", "'", ".."]
    let gaps = [" ", " ", " ", " ", " ", "  ", "\n", "\r\n", "\r", ""]
    var text = ""
    for _ in 0..<Int.random(in: 0...200, using: &random) {
      for list in [pieces, signs, gaps] { text += list.randomElement(using: &random) ?? "" }
    }
    #expect(counts(text) == counts(text.replacing(" ", with: "\t")), "\(text)")
  }

  @Test func signsAreCountedAsPythonCountsThem() {
    // "....." holds "..." once, "......" twice: str.count does not overlap.
    #expect(counts("a..... b...... c… ...").ellipses == 5)
    #expect(counts("## #x y#").hashes == 4)
    #expect(counts("a1 22 3c é_ 4").alphabeticWords == 3)
  }

  /// A text that breaks no rule: 60 words, two stop words.
  private let good =
    "The gate and tower " + String(repeating: "stood quiet beside water under stars ", count: 10)

  private func reason(_ text: String, _ options: String = "{}") throws -> String? {
    let set = try screenSet("  - gopher-quality: \(options)")
    let judgement = try set.makeSession().judge(text)
    #expect(judgement.action == nil || judgement.action == .drop)
    return judgement.action.map { _ in set.reasons[judgement.reason] }
  }

  @Test func eachRuleFiresAndNamesItself() throws {
    #expect(try reason(good) == nil)
    #expect(try reason("") == "gopher-quality/word-count")
    #expect(try reason("short text") == "gopher-quality/word-count")
    #expect(try reason(good, "{maximumWords: 50}") == "gopher-quality/word-count")
    #expect(try reason(String(repeating: "a bc ", count: 60)) == "gopher-quality/mean-word-length")
    let long = String(repeating: "extraordinarily ", count: 60)
    #expect(try reason(long) == "gopher-quality/mean-word-length")
    #expect(try reason(good + "#######") == "gopher-quality/hash-ratio")
    #expect(try reason(good + "... … … … ... … … x") == "gopher-quality/ellipsis-ratio")
    let bullets = good.split(separator: " ").map { "- \($0)" }.joined(separator: "\n")
    #expect(try reason(bullets) == "gopher-quality/bullet-lines")
    #expect(try reason("x\n" + good + "…") == "gopher-quality/ellipsis-lines")
    #expect(
      try reason(good + String(repeating: "1234 ", count: 20)) == "gopher-quality/alphabetic-words")
    #expect(try reason(good.replacing("The", with: "A")) == "gopher-quality/stop-words")
  }

  @Test func thresholdsAreThePlans() throws {
    let loose =
      "{minimumWords: 0, minimumMeanWordLength: 0, minimumAlphabeticWords: 0, minimumStopWords: 0}"
    #expect(try reason("", loose) == nil)
    #expect(try reason(good, "{minimumStopWords: 3}") == "gopher-quality/stop-words")
    #expect(try reason(good + "#######", "{maximumHashRatio: 0.5}") == nil)
  }

  @Test func thresholdsAreInclusive() throws {
    // 64 words and 6.4 signs would be a tenth: six pass, seven do not.
    let words = counts(good).words
    #expect(try reason(good + String(repeating: "#", count: words / 10)) == nil)
    #expect(
      try reason(good + String(repeating: "#", count: words / 10 + 1))
        == "gopher-quality/hash-ratio")
    #expect(try reason(good, "{minimumWords: \(words), maximumWords: \(words)}") == nil)
  }
}
