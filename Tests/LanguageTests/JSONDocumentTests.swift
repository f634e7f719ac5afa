import Foundation
import TestSupport
import Testing

@testable import Language

@Suite("JSON") struct JSONDocumentTests {
  private func reads(_ bytes: [UInt8]) -> Bool {
    (try? JSONDocument(bytes, path: "t")) != nil
  }

  @Test(
    "JSONTestSuite: what must be read is, what must not is not",
    .enabled(if: Repository.shared != nil, "needs ../shared")) func suite() throws
  {
    let folder = Repository.shared("data/json_test_suite")
    var counts = ["y": 0, "n": 0]
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    while let file = files?.nextObject() as? URL {
      let name = file.lastPathComponent
      guard file.pathExtension == "json",
        let kind = name.split(separator: "_").first.map(String.init),
        counts[kind] != nil
      else { continue }
      let bytes = [UInt8](try Data(contentsOf: file))
      #expect(reads(bytes) == (kind == "y"), "\(name)")
      counts[kind, default: 0] += 1
    }
    #expect((counts["y"] ?? 0) == 62 && (counts["n"] ?? 0) == 125)
  }

  @Test("texts of strings are Foundation's") func strings() throws {
    let texts = [
      #""""#, #""a\"b\\c\/d\b\f\n\r\t""#, #""\u0041\u00e9\u4e2d\ud83d\ude00\u0000""#,
      #""é中😀""#,
      #""\uD834\uDD1E x""#,
    ]
    for text in texts {
      let node = try JSONDocument(Array(text.utf8), path: "t").root
      let expected = try JSONSerialization.jsonObject(
        with: Data(text.utf8), options: .fragmentsAllowed)
      #expect(try node.string() == expected as? String)
    }
    for broken in [#""\ud83d""#, #""\ude00""#, #""\ud83dx""#, #""\ud83d\u0041""#, #""\u12g4""#] {
      #expect(!reads(Array(broken.utf8)))
    }
    #expect(!reads([0x22, 0xC3, 0x22]))
    #expect(!reads([0x22, 0xED, 0xA0, 0x80, 0x22]))
  }

  @Test("members are found behind any value, and paths name them") func paths() throws {
    let text = #"{"a":[1,{"x":[]},"s"],"b":{"c":[true,null,{"d":-7}]},"e":{}}"#
    let root = try JSONDocument(Array(text.utf8), path: "f.json").root
    let elements = try root.required("b").required("c").elements()
    #expect(try elements[0].bool())
    #expect(elements[1].isNull)
    let number = try elements[2].required("d")
    #expect(try number.integer() == -7)
    #expect(number.key == "b.c[2].d")
    let none = try root.optional("z")
    #expect(none?.key == nil)
    let error = #expect(throws: TokenizerError.self) { try number.string() }
    #expect(error?.description.hasPrefix("f.json: b.c[2].d: must be a string") == true)
    #expect(throws: TokenizerError.self) { try root.required("e").required("f") }
    let twice = try JSONDocument(Array(#"{"k":1,"k":2}"#.utf8), path: "t").root
    #expect(throws: TokenizerError.self) { try twice.optional("k") }
  }
}
