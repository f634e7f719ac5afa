import Foundation
import Streams
import Testing

@Suite struct JSONTextTests {
  @Test("members keep their order, nothing is added") func order() {
    var json = JSONText()
    json.object { json in
      json.member("z", "last first")
      json.member("a", 1)
      json.member("none", nil as String?)
      json.member("no number", nil as Int64?)
      json.member("share", 0.1)
      json.member("yes", true)
      json.object("reasons") { json in
        json.member("invalid-json", Int64(2))
        json.member("contagion", UInt64.max)
      }
      json.array("empty") { _ in }
      json.object("bare") { _ in }
      json.array("list") { json in
        json.value("x")
        json.value(-7)
        json.value(1e300)
        json.value(false)
        json.null()
        json.object { $0.member("k", "v") }
        json.array { $0.value(1) }
      }
      json.member("end", 0)
    }
    #expect(
      json.text
        == #"{"z":"last first","a":1,"none":null,"no number":null,"share":0.1,"yes":true,"#
        + #""reasons":{"invalid-json":2,"contagion":18446744073709551615},"empty":[],"bare":{},"#
        + #""list":["x",-7,1e+300,false,null,{"k":"v"},[1]],"end":0}"#)
    #expect(json.isComplete)
  }

  @Test("a value alone is a text; an object that is still open is not") func completeness() {
    var json = JSONText()
    #expect(!json.isComplete)
    json.object { json in
      json.name("k")
      #expect(!json.isComplete)
      json.value(1)
      #expect(!json.isComplete)
    }
    #expect(json.isComplete)

    var alone = JSONText()
    alone.value("a")
    #expect(alone.text == "\"a\"" && alone.isComplete)
  }

  @Test("what RFC 8259 section 7 wants escaped is escaped, and nothing else") func escapes() {
    var json = JSONText()
    json.value("\"\\/\u{8}\t\n\u{C}\r\u{0}\u{1F}\u{7F}\u{2028}é漢😀")
    #expect(json.text == #""\"\\/\b\t\n\f\r\u0000\u001f"# + "\u{7F}\u{2028}é漢😀\"")
  }

  @Test("another parser reads back every scalar, as value and as name") func roundTrip() throws {
    let scalars = (0...0x10FFFF).compactMap(Unicode.Scalar.init)
    // The first 0x3000 one by one, the rest in steps: every length in UTF-8 and every escape.
    let some = scalars.enumerated().filter { $0.offset < 0x3000 || $0.offset % 97 == 0 }
    let strings = some.map { String(Character($0.element)) }
    var json = JSONText()
    json.array { json in
      for string in strings { json.object { $0.member("n" + string, string) } }
    }
    let parsed = try #require(
      try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [[String: String]])
    #expect(parsed.count == strings.count)
    for (object, string) in zip(parsed, strings) {
      let value = try #require(object.first)
      #expect(Array(value.value.unicodeScalars) == Array(string.unicodeScalars))
      #expect(Array(value.key.unicodeScalars) == Array(("n" + string).unicodeScalars))
    }
  }

  @Test("numbers lead back to themselves") func numbers() throws {
    let numbers: [Double] = [
      0, -0.0, 1, 0.1, 1e-7, 1e16, .leastNonzeroMagnitude, 1.7976931348623157e308, 123_456.789,
    ]
    var json = JSONText()
    json.array { json in
      for number in numbers { json.value(number) }
    }
    let parsed = try #require(
      try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [NSNumber])
    #expect(parsed.map(\.doubleValue) == numbers)
  }
}
