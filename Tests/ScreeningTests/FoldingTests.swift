import Foundation
import Streams
import TestSupport
import Testing

@testable import Screening

/// The plain and slow form of folding: one scalar after the other, composed as a whole.
func foldedSlowly(_ text: String) -> String {
  var mapped = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if let mapping = CaseFolding.mapping(of: scalar) {
      mapped.append(contentsOf: mapping.unicodeScalars)
    } else {
      mapped.append(scalar)
    }
  }
  var folded = String.UnicodeScalarView()
  for scalar in String(mapped).precomposedStringWithCanonicalMapping.unicodeScalars {
    if !scalar.properties.isWhitespace {
      folded.append(scalar)
    } else if folded.last != " " {
      folded.append(" ")
    }
  }
  return String(folded)
}

extension TextFolder {
  func folded(_ text: String) -> String {
    String(decoding: folded(Array(text.utf8)), as: UTF8.self)
  }
}

/// A text of many kinds of characters, the more of the ASCII kind the nearer `ascii` is to 1.
func randomText(_ length: Int, ascii: Double, _ generator: inout SeededGenerator) -> String {
  let plain = "abcxyzABCXYZ019_-.,'  \n\t" + "eeaainorstl"
  let wide = "éÉüÜßñçøåőŁžđ中文字テストｶﾞﾊﾟＡｂ１ﬁﬃ½²℡㎐ΩσςΣжЖคำไน한글𝐁🅰…\u{1E9E}\u{130}\u{131}"
  let marks = "\u{301}\u{308}\u{323}\u{327}\u{345}\u{93C}\u{94D}\u{E48}\u{3099}\u{1161}\u{11A8}"
  let invisible = "\u{AD}\u{200B}\u{200D}\u{FEFF}\u{2060}\u{A0}\u{3000}\u{2028}\u{85}\u{A8}\u{B4}"
  let kinds = [plain, wide, marks, invisible].map { Array($0.unicodeScalars) }
  var text = String.UnicodeScalarView()
  for _ in 0..<length {
    let kind = Double.random(in: 0..<1, using: &generator)
    let source = kind < ascii ? 0 : [1, 1, 2, 3].randomElement(using: &generator) ?? 1
    text.append(kinds[source].randomElement(using: &generator) ?? "a")
  }
  return String(text)
}

@Suite struct FoldingTests {
  private let golden: [[Substring]]

  init() throws {
    let file = fixtures.appendingPathComponent("fold-golden.txt")
    golden = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
      .map { $0.split(separator: " ") }
  }

  @Test func everyScalarOfUnicode14FoldsAsInPython() throws {
    let pages = golden.filter { $0[0] == "page" }
    #expect(pages.count > 50)
    var listed: Set<UInt32> = []
    for line in pages {
      let page = try #require(UInt32(line[1], radix: 16))
      listed.insert(page)
      #expect(changes(onPage: page) == "\(line[2]) \(line[3])", "page \(line[1])")
    }
    for page in UInt32(0)..<0x1100 where !listed.contains(page) {
      #expect(changes(onPage: page).hasPrefix("0 "), "page \(page)")
    }
  }

  /// How many scalars of a page change, and the digest of what they become, as the golden has it.
  private func changes(onPage page: UInt32) -> String {
    var lines = ""
    var count = 0
    for value in page << 8..<(page + 1) << 8 {
      guard let scalar = Unicode.Scalar(value), let age = scalar.properties.age, age.major <= 14,
        let mapping = CaseFolding.mapping(of: scalar)
      else { continue }
      count += 1
      let folded = mapping.unicodeScalars.map { String($0.value, radix: 16) }
      lines += "\(String(value, radix: 16)):\(folded.joined(separator: " "))\n"
    }
    return "\(count) \(Digest256(hashing: Array(lines.utf8)).hex.prefix(16))"
  }

  @Test func mappingsAgreeWithTheStandardLibraryOnWhatChanges() {
    // The standard library knows newer scalars than Python 3.11; what it says changes must change.
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenNFKCCaseFolded else {
        continue
      }
      let mapping = CaseFolding.mapping(of: scalar)
      #expect(mapping?.unicodeScalars.elementsEqual([scalar]) == false, "\(value)")
    }
  }

  @Test func textsFoldAsInPython() throws {
    func text(_ hex: Substring) throws -> String {
      if hex == "-" { return "" }
      let digits = Array(hex)
      return String(
        decoding: try stride(from: 0, to: digits.count, by: 2).map {
          try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
        }, as: UTF8.self)
    }
    let folder = TextFolder()
    let lines = golden.filter { $0[0] == "text" }
    #expect(lines.count > 300)
    for line in lines {
      let input = try text(line[1])
      let expected = try text(line[2])
      #expect(Array(folder.folded(input).utf8) == Array(expected.utf8), "\(line[1])")
    }
  }

  @Test(arguments: [0.2, 0.6, 0.9, 0.98, 1.0])
  func foldingByPiecesEqualsFoldingSlowly(ascii: Double) {
    var generator = SeededGenerator(seed: UInt64(ascii * 100))
    let folder = TextFolder()
    for _ in 0..<400 {
      let text = randomText(.random(in: 0...200, using: &generator), ascii: ascii, &generator)
      let folded = folder.folded(text)
      #expect(Array(folded.utf8) == Array(foldedSlowly(text).utf8), "\(Array(text.unicodeScalars))")
      // Folding what is folded changes nothing: terms and texts meet in one form.
      #expect(Array(folder.folded(folded).utf8) == Array(folded.utf8))
    }
  }

  @Test func everyByteAtEveryPlaceOfABlockFolds() {
    // The block reads 32 bytes and one more: each ASCII byte, alone and before a space.
    let folder = TextFolder()
    for byte in UInt8(0)..<0x80 {
      for place in [0, 1, 7, 8, 15, 23, 24, 30, 31, 32, 33, 63, 64] {
        for neighbour in [UInt8(ascii: "Q"), 0x20, 0x0A] {
          var bytes = [UInt8](repeating: UInt8(ascii: "Z"), count: 80)
          bytes[place] = byte
          bytes[place + 1] = neighbour
          let text = String(decoding: bytes, as: UTF8.self)
          #expect(folder.folded(text) == foldedSlowly(text))
        }
      }
    }
  }

  @Test func longRunsOfMarksTakeLinearTime() {
    // Hundred thousand marks: quadratic reordering would not end within the test's patience.
    let folder = TextFolder()
    let marks = String(repeating: "\u{301}\u{323}", count: 100_000)
    let folded = folder.folded("a" + marks)
    #expect(folded.utf8.count > 300_000)
    #expect(folder.folded("E\u{301}") == "é")
  }

  @Test func bytesThatAreNotUTF8AreReadWithinBounds() {
    let folder = TextFolder()
    for bytes: [UInt8] in [
      [0xC3], [0x41, 0xE2, 0x82], [0xF4], [0xFF, 0xFF], [0xF7, 0xBF, 0xBF, 0xBF],
    ] {
      #expect(folder.folded(bytes).count <= 64)
    }
  }

  @Test func anyBytesAtAllFoldWithinBounds() {
    var generator = SeededGenerator(seed: 13)
    let folder = TextFolder()
    // Lead bytes, continuation bytes, spaces and the parts of marks, in any order.
    let bytes: [UInt8] = [
      0x20, 0x0A, 0x41, 0x80, 0xA8, 0xBF, 0xC2, 0xCC, 0xCD, 0xE1, 0xE2, 0xEF, 0xF0, 0xF4, 0xFF,
    ]
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0...90, using: &generator)).map { _ in
        bytes.randomElement(using: &generator) ?? 0
      }
      let folded = folder.folded(text)
      for index in folded.indices {
        #expect(folder.map.original(of: index..<index + 1).upperBound <= text.count)
      }
    }
  }

  @Test func offsetsLeadBackToTheOriginal() {
    var generator = SeededGenerator(seed: 7)
    let folder = TextFolder()
    for _ in 0..<300 {
      let text = randomText(.random(in: 1...120, using: &generator), ascii: 0.7, &generator)
      let original = Array(text.utf8)
      let folded = folder.folded(original)
      guard !folded.isEmpty else { continue }
      let map = folder.map
      var end = 0
      // Byte for byte: ranges never go back, and cover the original without a gap between letters.
      for index in folded.indices {
        let place = map.original(of: index..<index + 1)
        #expect(place.lowerBound >= 0 && place.upperBound <= original.count)
        #expect(place.upperBound >= end && !place.isEmpty)
        end = place.upperBound
      }
      let whole = map.original(of: 0..<folded.count)
      let refolded = foldedSlowly(String(decoding: original[whole], as: UTF8.self))
      #expect(Array(refolded.utf8) == folded)
    }
  }
}
