import Deduplication
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("Words") struct WordReaderTests {
  /// Pieces of text of many scripts, with the scalars that readers get wrong.
  static let pieces: [String] = [
    "the", "The", "a", "_", "x_1", "2024", "naïve", "NAÏVE", "straße", "ÉCOLE", "İstanbul",
    "ΣΊΣΥΦΟΣ",
    "Привет", "ПРИВЕТ", "ﬁne", "Ⅷ", "²", "e\u{301}", "\u{301}", "ȺȾ", "K", "Ⱥlongenoughforblocks",
    "日本語", "カタカナ", "ภาษาไทย", "မြန်မာ", "한국어", "אבג", "مرحبا", "हिन्दी", "𝔘𝔫𝔦", "𠀀𠀁",
    "𐐀", "supercalifragilisticexpialidocious", "sixteencharacter", "seventeencharacte", "中a中",
    "ab中\u{301}cd", "٣٤", "\u{E31}", "m\u{E31}n",
  ]
  static let gaps: [String] = [
    " ", "", "  ", "\n", ", ", "—", "“", "”", "-", "'", "’", "\u{0}", "\u{7F}", "\u{A0}", "😀", "。",
    "@[`{/:",
    "\t", ".", "×", "€", "\u{200B}", "\u{10FFFF}",
  ]

  static func randomText(_ generator: inout SeededGenerator, pieces count: Int) -> String {
    var text = ""
    for _ in 0..<count {
      text += pieces.randomElement(using: &generator) ?? ""
      text += Bool.random(using: &generator) ? " " : gaps.randomElement(using: &generator) ?? ""
    }
    return text
  }

  /// The words that a reader makes of bytes with nothing behind them that may be read.
  private func read(_ reader: WordReader, _ text: String) -> [UInt32] {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes {
      reader.read($0)
      return Array(reader.words)
    }
  }

  /// A word's hash when it stands alone.
  private func hashes(_ reader: WordReader, _ words: [String]) -> [UInt32] {
    words.flatMap { read(reader, $0) }
  }

  @Test("Words are those of the definition, wherever they stand") func matchReference() {
    var generator = SeededGenerator(seed: 31)
    let reader = WordReader()
    for round in 0..<1500 {
      let text = WordReaderTests.randomText(&generator, pieces: round % 90)
      let words = ReferenceWords.words(of: text)
      let found = read(reader, text)
      #expect(found.count == words.count, "round \(round)")
      // Each alone, in lower case: one word, of the same hash as in the text.
      #expect(found == hashes(reader, words), "round \(round)")
    }
  }

  @Test("Different words have different hashes, equal words equal ones") func hashIsAFunction() {
    var generator = SeededGenerator(seed: 7)
    let reader = WordReader()
    var hashOf: [String: UInt32] = [:]
    for _ in 0..<400 {
      let text = WordReaderTests.randomText(&generator, pieces: 60)
      for (word, hash) in zip(ReferenceWords.words(of: text), read(reader, text)) {
        #expect(hashOf[word, default: hash] == hash)
        hashOf[word] = hash
      }
    }
    let single =
      (0..<3000).map { "w\($0)" } + (0..<3000).map { String($0, radix: 36) + "_long_word_of_it" }
    for word in single { hashOf[word] = read(reader, word).first }
    #expect(hashOf.count > 6000)
    #expect(Set(hashOf.values).count == hashOf.count, "two words in 2^19 pairs of 2^32")
  }

  @Test("A reader that splits at accents is not this one") func accentMutantIsCaught() {
    let reader = WordReader()
    let text = "A naïve résumé of the café"
    #expect(read(reader, text).count == ReferenceWords.words(of: text).count)
    #expect(
      read(reader, text).count != ReferenceWords.words(of: text, splitsAtAccents: true).count)
    #expect(
      read(reader, "naïve NAÏVE Naïve") == Array(repeating: read(reader, "naïve")[0], count: 3))
    #expect(read(reader, "naïve") != read(reader, "naive"))
  }

  @Test("Text at the very end of a page, in every alignment, is read to its end and no further")
  func guardPage() throws {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let size = 4 * page
    let mapped = mmap(nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    let memory = try #require(mapped != MAP_FAILED ? mapped : nil)
    defer { munmap(memory, size + page) }
    try #require(mprotect(memory + size, page, PROT_NONE) == 0)
    var generator = SeededGenerator(seed: 99)
    let reader = WordReader()
    for count in 0..<700 {
      let text = String(WordReaderTests.randomText(&generator, pieces: 2 + count / 6))
      let bytes = Array(text.utf8)
      // Cut anywhere, at a whole character.
      var cut = min(count, bytes.count)
      while cut < bytes.count && bytes[cut] & 0xC0 == 0x80 { cut += 1 }
      let start = memory + size - cut
      start.copyMemory(from: bytes, byteCount: cut)
      let part = String(decoding: bytes[..<cut], as: UTF8.self)
      reader.read(UnsafeRawBufferPointer(start: start, count: cut))
      let found = Array(reader.words)
      #expect(found == hashes(reader, ReferenceWords.words(of: part)), "\(cut) bytes")
    }
  }

  @Test("Words across every boundary of blocks and segments") func everyOffset() {
    let reader = WordReader()
    let word = read(reader, "Crossing")[0]
    let accented = read(reader, "crossíng")[0]
    for lead in 0..<200 {
      let base = String(repeating: ".", count: lead)
      #expect(read(reader, base + "Crossing") == [word])
      #expect(read(reader, base + "cROSSÍNG.") == [accented])
    }
    for lead in 4080..<4112 {
      let base = String(repeating: ". ", count: lead / 2) + String(repeating: ".", count: lead % 2)
      #expect(read(reader, base + "crossing word") == [word, read(reader, "word")[0]])
      #expect(read(reader, base + "CROSSÍNG") == [accented])
    }
  }

  @Test("A word of any length is one word") func longWords() {
    let reader = WordReader()
    for length in [16, 17, 31, 32, 33, 4096, 8191, 100_000, 5_000_000] {
      let word = String(repeating: "a", count: length)
      let found = read(reader, word)
      #expect(found.count == 1)
      #expect(read(reader, word.uppercased() + " b").first == found[0])
      #expect(read(reader, word + "a") != found)
      let accented = String(repeating: "é", count: length)
      #expect(read(reader, accented).count == 1)
      #expect(read(reader, accented.uppercased()) == read(reader, accented))
      #expect(read(reader, accented) != found)
      // The same bytes in the path of ASCII and in the other.
      #expect(read(reader, "\u{201C}" + word + "\u{201D}") == found)
    }
  }

  @Test("Bytes that are no UTF-8 do no harm") func invalidBytes() {
    var generator = SeededGenerator(seed: 3)
    let reader = WordReader()
    for round in 0..<300 {
      let bytes = (0..<round).map { _ in UInt8.random(in: 0x70...0xFF, using: &generator) }
      bytes.withUnsafeBytes { reader.read($0) }
      #expect(reader.words.count <= bytes.count / 2 + 1)
    }
  }

  @Test("The most words that bytes can hold") func densestText() {
    let reader = WordReader()
    for text in ["a", "a a", "a中a", "中a中", "aaa", "中中中a a"] {
      let long = Array(repeating: text, count: 3000).joined(separator: " ")
      #expect(read(reader, long).count == ReferenceWords.words(of: long).count)
    }
    #expect(
      read(reader, Array(repeating: "x", count: 1 << 20).joined(separator: ".")).count == 1 << 20)
    // A small text after a large one gives memory back and is still right.
    #expect(read(reader, "one two").count == 2)
    #expect(read(reader, "").isEmpty)
  }
}
