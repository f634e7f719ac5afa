@testable import Corpus
import Foundation
import Streams
import TestSupport
import Testing

/// What a record holds, copied.
enum Parsed: Equatable {
  case record(text: String, id: String?)
  case issue(RecordIssue)
}

extension RecordParser {
  /// Parses bytes that stand in a block, with the slack that the parser asks for.
  func parsed(_ bytes: [UInt8], format: ShardFormat = .jsonLines) -> Parsed {
    let block = ByteBlock(capacity: max(1, bytes.count))
    bytes.withUnsafeBytes { block.append($0) }
    switch parse(block.bytes, format: format) {
    case .failure(let error): return .issue(error.issue)
    case .success(let record):
      return .record(
        text: String(decoding: record.text, as: UTF8.self),
        id: record.id.map { String(decoding: $0, as: UTF8.self) })
    }
  }

  func parsed(_ text: String) -> Parsed { parsed(Array(text.utf8)) }
}

@Suite("Records") struct RecordParserTests {
  private func parse(
    _ text: String, _ paths: [String] = ["text"], id: String? = "id"
  ) -> Parsed {
    RecordParser(DocumentFields(text: paths, id: id)).parsed(text)
  }

  @Test(
    "a text, and what is none",
    arguments: [
      (#"{"text":"hello"}"#, Parsed.record(text: "hello", id: nil)),
      (#" { "text" : "hello" } "#, .record(text: "hello", id: nil)),
      (#"{"text":""}"#, .record(text: "", id: nil)),
      (#"{"text":"a\"\\\/\b\f\n\r\t\u00e9"}"#, .record(text: "a\"\\/\u{8}\u{c}\n\r\té", id: nil)),
      (#"{"text":"nul \u0000 inside"}"#, .record(text: "nul \0 inside", id: nil)),
      (#"{"te\u0078t":"escaped key"}"#, .record(text: "escaped key", id: nil)),
      (#"{"Text":"another key"}"#, .issue(.missingText)),
      (#"{"text ":"another key"}"#, .issue(.missingText)),
      (#"{}"#, .issue(.missingText)), (#"[]"#, .issue(.missingText)),
      (#""text""#, .issue(.missingText)), ("null", .issue(.missingText)),
      (#"{"text":null}"#, .issue(.textNotString)), (#"{"text":1}"#, .issue(.textNotString)),
      (#"{"text":["a"]}"#, .issue(.textNotString)), (#"{"text":{}}"#, .issue(.textNotString)),
      (#"{"text":true}"#, .issue(.textNotString)),
      (#"{"text":"a"} {"text":"b"}"#, .issue(.invalidJSON)),
      (#"{"text":"a"},"#, .issue(.invalidJSON)), (#"{"text":"a""#, .issue(.invalidJSON)),
      (#"{"text":"a",}"#, .issue(.invalidJSON)), (#"{'text':'a'}"#, .issue(.invalidJSON)),
      (#"{"text":"a","b":01}"#, .issue(.invalidJSON)),
      (#"{"text":"a","b":NaN}"#, .issue(.invalidJSON)),
      (#"{"text":"\x"}"#, .issue(.invalidJSON)), (#"{"text":"\u12"}"#, .issue(.invalidJSON)),
      ("{\"text\":\"a\tb\"}", .issue(.invalidJSON)), (" ", .issue(.invalidJSON)),
      ("\r", .issue(.invalidJSON)), ("\u{FEFF}{\"text\":\"a\"}\u{FEFF}", .issue(.invalidJSON)),
    ]) func texts(record: String, expected: Parsed)
  {
    #expect(parse(record) == expected)
  }

  @Test(
    "an id is a string or an integer",
    arguments: [
      (#""x-1""#, "x-1"), (#""""#, ""), ("0", "0"), ("-7", "-7"), ("-0", "0"),
      ("9223372036854775807", "9223372036854775807"),
      ("-9223372036854775808", "-9223372036854775808"),
      ("18446744073709551615", "18446744073709551615"), ("1.0", nil), ("1e3", nil),
      ("null", nil), ("true", nil), ("[1]", nil), (#"{"a":1}"#, nil),
    ] as [(String, String?)]) func ids(value: String, id: String?)
  {
    #expect(parse("{\"text\":\"t\",\"id\":\(value)}") == .record(text: "t", id: id))
    // An integer is an id but no text.
    if id != nil && !value.hasPrefix("\"") {
      #expect(parse("{\"text\":\(value)}") == .issue(.textNotString))
    }
    #expect(parse("{\"text\":\"t\",\"id\":\(value)}", id: nil) == .record(text: "t", id: nil))
  }

  @Test(
    "dotted paths",
    arguments: [
      (#"{"a":{"b":{"c":"deep"}}}"#, Parsed.record(text: "deep", id: nil)),
      (#"{"x":{"b":{"c":"no"}},"a":{"c":"no","b":{"c":"deep"}}}"#, .record(text: "deep", id: nil)),
      (#"{"a.b.c":"a key with dots is another"}"#, .issue(.missingText)),
      (#"{"a":{"b":{}}}"#, .issue(.missingText)), (#"{"a":{}}"#, .issue(.missingText)),
      (#"{"a":{"b":"short"}}"#, .issue(.textNotString)),
      (#"{"a":null}"#, .issue(.textNotString)),
      (#"{"a":[{"b":{"c":"in a list"}}]}"#, .issue(.textNotString)),
      (#"{"a":{"b":{"c":{"d":"deeper"}}}}"#, .issue(.textNotString)),
      (#"{"a":{"b":{"c":"1"}},"a":{"b":{"c":"2"}}}"#, .issue(.repeatedKey)),
      (#"{"a":{"b":{"c":"1"},"b":0}}"#, .issue(.repeatedKey)),
      (#"{"a":{"b":{"c":"1","c":"1"}}}"#, .issue(.repeatedKey)),
      (#"{"a":{"b":{"c":"1","\u0063":"2"}}}"#, .issue(.repeatedKey)),
      (#"{"a":{"b":{"c":"1"},"x":0,"x":1},"y":0,"y":1}"#, .record(text: "1", id: nil)),
      (#"{"a":{"b":{"c":"1"}},"z":{"a":0,"a":1,"b":0,"b":1}}"#, .record(text: "1", id: nil)),
    ]) func paths(record: String, expected: Parsed)
  {
    #expect(parse(record, ["a.b.c"]) == expected)
  }

  @Test("a repeated key matters on the way to what is read, and nowhere else")
  func repeatedKeys() {
    #expect(parse(#"{"text":"a","text":"a"}"#) == .issue(.repeatedKey))
    #expect(parse(#"{"text":"a","text":1}"#) == .issue(.repeatedKey))
    #expect(parse(#"{"text":"a","id":"1","id":"2"}"#) == .issue(.repeatedKey))
    #expect(parse(#"{"text":"a","id":"1","id":"2"}"#, id: nil) == .record(text: "a", id: nil))
    // A repeated key says more than a missing text: the record is ambiguous.
    #expect(parse(#"{"id":"1","id":"2"}"#) == .issue(.repeatedKey))
    let meta = #"{"meta":{"id":1,"id":2},"text":"a"}"#
    #expect(parse(meta) == .record(text: "a", id: nil))
    #expect(parse(meta, id: "meta.id") == .issue(.repeatedKey))
    #expect(parse(meta, id: "meta.other") == .record(text: "a", id: nil))
  }

  @Test("several texts are joined by a line feed, in the order of the plan")
  func joined() {
    let record = #"{"title":"T","body":{"text":"B"},"note":"","n":1}"#
    #expect(parse(record, ["title", "body.text"]) == .record(text: "T\nB", id: nil))
    #expect(parse(record, ["body.text", "title"]) == .record(text: "B\nT", id: nil))
    #expect(parse(record, ["title", "title"]) == .record(text: "T\nT", id: nil))
    #expect(parse(record, ["note", "note"]) == .record(text: "\n", id: nil))
    #expect(parse(record, ["title", "missing"]) == .issue(.missingText))
    #expect(parse(record, ["title", "n"]) == .issue(.textNotString))
    #expect(parse(record, ["missing", "n"]) == .issue(.missingText))
    #expect(parse(record, ["title"], id: "n") == .record(text: "T", id: "1"))
    let many = (0..<20).map { "k\($0)" }
    let wide = "{" + many.map { "\"\($0)\":\"v\($0)\"" }.joined(separator: ",") + ",\"id\":12}"
    #expect(
      parse(wide, many) == .record(text: many.map { "v\($0)" }.joined(separator: "\n"), id: "12"))
  }

  @Test("a parser forgets the record before")
  func reuse() {
    let parser = RecordParser(DocumentFields(text: ["a", "b"], id: "id"))
    let long = String(repeating: "x", count: 5 << 20)
    for _ in 0..<2 {
      #expect(
        parser.parsed("{\"a\":\"\(long)\",\"b\":\"y\",\"id\":7}")
          == .record(text: long + "\ny", id: "7"))
      #expect(parser.parsed(#"{"a":"1"}"#) == .issue(.missingText))
      #expect(parser.parsed("{") == .issue(.invalidJSON))
      #expect(parser.parsed(#"{"a":"1","b":"2"}"#) == .record(text: "1\n2", id: nil))
    }
  }

  @Test("1,023 levels are read, one more is not")
  func depth() {
    func nested(_ levels: Int, _ open: String, _ close: String) -> String {
      // The record itself is the first level.
      "{\"text\":\"t\",\"v\":" + String(repeating: open, count: levels - 1) + "0"
        + String(repeating: close, count: levels - 1) + "}"
    }
    for (open, close) in [("[", "]"), ("{\"k\":", "}")] {
      #expect(parse(nested(1023, open, close)) == .record(text: "t", id: nil))
      #expect(parse(nested(1024, open, close)) == .issue(.invalidJSON))
      #expect(parse(nested(100_000, open, close)) == .issue(.invalidJSON))
    }
  }

  @Test("numbers of any size are JSON, though the DOM has room for 64 bits only")
  func largeNumbers() {
    for number in ["18446744073709551615", "-9223372036854775808", "1e308", "1E-400", "0.1e-99"] {
      #expect(parse("{\"text\":\"t\",\"n\":\(number)}") == .record(text: "t", id: nil))
    }
    for number in ["18446744073709551616", "-9223372036854775809", "1e400", "-1e400"] {
      #expect(
        parse("{\"id\":7,\"text\":\"1e999 \\\" -\",\"n\":[\(number),\(number)]}")
          == .record(text: "1e999 \" -", id: "7"))
      #expect(parse("{\"text\":\"t\",\"id\":\(number)}") == .record(text: "t", id: nil))
      // Malformed beside it, or malformed itself, stays malformed.
      for wrong in [
        "\(number),", "\(number) 1", "0\(number)", "\(number).", "\(number)e", "+\(number)",
      ] {
        #expect(parse("{\"text\":\"t\",\"n\":[\(wrong)]}") == .issue(.invalidJSON), "\(wrong)")
      }
    }
  }

  @Test("a plain text is its bytes, without the mark of its encoding")
  func plainText() {
    let parser = RecordParser(.standard)
    func text(_ bytes: [UInt8]) -> Parsed { parser.parsed(bytes, format: .text) }
    #expect(text(Array("{\"text\":1}\n".utf8)) == .record(text: "{\"text\":1}\n", id: nil))
    #expect(text([0xEF, 0xBB, 0xBF] + Array("a".utf8)) == .record(text: "a", id: nil))
    #expect(text([0xEF, 0xBB, 0xBF]) == .record(text: "", id: nil))
    #expect(text([0xEF, 0xBB]) == .issue(.invalidUTF8))
    #expect(text([0x61, 0xFF]) == .issue(.invalidUTF8))
  }
}
