import Streams
import Testing

@Suite struct ZlibLengthTests {
  /// Lengths by `len(zlib.compress(...))` of Python 3.11.
  @Test("a zlib stream is as long as Python's") func lengths() throws {
    #expect(try ZlibLength.of([]) == 8)
    #expect(try ZlibLength.of(Array("a".utf8)) == 9)
    #expect(try ZlibLength.of(Array(String(repeating: "abc ", count: 300).utf8)) == 21)
    #expect(
      try ZlibLength.of((0..<40).flatMap { _ in (0...255).map { UInt8($0) } }) == 372)
    let text = String(repeating: "Häßlich, schön – 東京\n", count: 7)
    #expect(try ZlibLength.of(Array(text.utf8)) == 42)
    // Longer than the window, of sixteen letters.
    var state: UInt64 = 1
    let letters = (0..<300_000).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(97 + (state >> 60))
    }
    #expect(try ZlibLength.of(letters) == 171_343)
  }
}
