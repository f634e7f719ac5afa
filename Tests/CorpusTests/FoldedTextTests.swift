import Streams
import Testing

@testable import Corpus

@Suite("A text without accidents") struct FoldedTextTests {
  private func folded(_ text: String) -> String {
    String(decoding: FoldedText.bytes(Array(text.utf8)), as: UTF8.self)
  }

  @Test("capitals, white space and the end of the sentence do not count")
  func accidents() {
    #expect(folded("  The\tcolour \u{A0}of\r\nsalt is RED .  ") == "the colour of salt is red")
    #expect(folded("ÄRGER im Straßenbau?!") == "ärger im straßenbau")
    #expect(folded("a.b. c") == "a.b. c")
    #expect(folded(" \n ") == "" && folded("...") == "")
    // What stands apart stays apart.
    #expect(folded("no where") != folded("nowhere"))
    #expect(folded("salt, red") != folded("salt red"))
  }

  @Test("what is no UTF-8 has a digest too, and other texts have others") func digests() {
    #expect(FoldedText.digest([0xFF, 0x61]) == FoldedText.digest(Array("\u{FFFD}A".utf8)))
    #expect(FoldedText.digest(Array("a b".utf8)) == Digest256(hashing: Array("a b".utf8)))
    #expect(FoldedText.digest(Array("a b".utf8)) != FoldedText.digest(Array("a c".utf8)))
  }
}
