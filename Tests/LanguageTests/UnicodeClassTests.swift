import Foundation
import Streams
import Testing

@testable import Language

@Suite("Unicode as the reference has it") struct UnicodeClassTests {
  private struct Expected: Decodable {
    var count: Int
    var sha256: String
  }

  @Test("letters, numbers and spaces are those of Oniguruma in tokenizers 0.23.3") func classes()
    throws
  {
    let data = try Data(contentsOf: TokenizerFixtures.path("classes.json"))
    let expected = try JSONDecoder().decode([String: Expected].self, from: data)
    let names = [
      #"\p{L}"#: ScalarClass.letter, #"\p{N}"#: ScalarClass.number, #"\s"#: ScalarClass.space,
    ]
    for (name, scalarClass) in names {
      let members = (0..<UInt32(ScalarClass.tableCount)).filter {
        ScalarClass.table[Int($0)] == scalarClass
      }
      #expect(members.count == expected[name]?.count, "\(name)")
      let digest = members.withUnsafeBytes { Digest256(hashing: $0) }
      #expect(digest.hex == expected[name]?.sha256, "\(name)")
    }
  }

  @Test("above the table there is no letter, number or space") func tableIsLongEnough() {
    for value in UInt32(ScalarClass.tableCount)..<0x110000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      switch scalar.properties.generalCategory {
      case .unassigned, .privateUse, .format, .nonspacingMark: continue
      default: Issue.record("U+\(String(value, radix: 16))")
      }
    }
  }

  private func composed(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { CanonicalComposition.composed($0) } ?? bytes
  }

  private func reference(_ text: String) -> [UInt8] {
    Array(text.precomposedStringWithCanonicalMapping.utf8)
  }

  @Test("no inert character is changed, or joins the one before it") func inert() {
    for value in UInt32(0)..<0x110000 {
      guard let scalar = Unicode.Scalar(value), scalar.properties.age?.major ?? 0 <= 9 else {
        continue
      }
      let text = String(Character(scalar))
      let parts = Array(text.decomposedStringWithCanonicalMapping.unicodeScalars)
      let isInert = Int(value) < CanonicalComposition.inert.count
      if isInert, CanonicalComposition.inert[Int(value)] != CanonicalComposition.joins {
        #expect(reference(text) == Array(text.utf8), "U+\(String(value, radix: 16))")
      }
      // What stands behind the first in a decomposition may join it.
      for part in parts.dropFirst() {
        let manner = CanonicalComposition.inert[Int(part.value)]
        #expect(manner == CanonicalComposition.joins, "U+\(String(part.value, radix: 16))")
      }
    }
  }

  @Test("composition is Foundation's, whatever stands beside what") func composition() {
    var generator = SeededComposition()
    var changed = 0
    for _ in 0..<3000 {
      let text = generator.text()
      #expect(composed(text) == reference(text))
      changed += reference(text) == Array(text.utf8) ? 0 : 1
    }
    #expect(changed > 500)
    // Long runs take another way.
    for length in [200, 1000] {
      let marks = (0..<length).map {
        ["\u{323}", "\u{301}", "\u{344}", "\u{F73}", "a"][($0 * 7 + $0 / 3) % 5]
      }
      #expect(composed("e" + marks.joined()) == reference("e" + marks.joined()))
    }
  }

  @Test("a mark that is younger than Hugging Face's Unicode stays in its place") func younger() {
    // What `normalizers.NFC` of tokenizers 0.23.3 answers.
    #expect(composed("q\u{345}\u{301}") == Array("q\u{301}\u{345}".utf8))
    for young in ["\u{7FD}", "\u{898}", "\u{C3C}", "\u{1DF6}", "\u{10F46}"] {
      #expect(composed("q\u{345}\(young)") == Array("q\u{345}\(young)".utf8))
      #expect(composed("q\(young)\u{334}") == Array("q\(young)\u{334}".utf8))
    }
    #expect(composed("\u{11935}\u{11930}") == Array("\u{11935}\u{11930}".utf8))
  }

  @Test("bytes that are not UTF-8 stay and part what stands beside them") func strayBytes() {
    let bytes: [UInt8] = [0x65, 0xFF, 0xCC, 0x81, 0x65, 0xCC, 0x81, 0xCC]
    let result = bytes.withUnsafeBufferPointer { CanonicalComposition.composed($0) }
    #expect(result == [0x65, 0xFF, 0xCC, 0x81, 0xC3, 0xA9, 0xCC])
  }
}
