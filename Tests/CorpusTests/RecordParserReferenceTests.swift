@testable import Corpus
import Foundation
import Streams
import TestSupport
import Testing

/// A JSON value, written in one of its many spellings.
private indirect enum Value {
  case string(String)
  case number(String, isInteger: Bool)
  case word(String)
  case array([Value])
  case object([(String, Value)])

  static let keys = ["text", "id", "a", "b", "é", "\u{1F600}", "quote\"", "back\\slash", ""]

  static func random(_ random: inout SeededGenerator, depth: Int) -> Value {
    let count = Int.random(in: 0...4, using: &random)
    switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &random) {
    case 0...2: return .string(randomString(&random))
    case 3:
      let number = Int64.random(in: .min ... .max, using: &random)
      if Bool.random(using: &random) { return .number("\(number >> 20)", isInteger: true) }
      return .number("\(Double(number) / 1024)", isInteger: false)
    case 4: return .word(["true", "false", "null"].randomElement(using: &random) ?? "null")
    case 5: return .array((0..<count).map { _ in .random(&random, depth: depth - 1) })
    default:
      return .object(
        keys.shuffled(using: &random).prefix(count).map { ($0, .random(&random, depth: depth - 1)) }
      )
    }
  }

  private static func randomString(_ random: inout SeededGenerator) -> String {
    var scalars = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0..<12, using: &random) {
      let limit: UInt32 = [0x80, 0x800, 0xFFFF, 0x10FFFF].randomElement(using: &random) ?? 0x80
      let value = UInt32.random(in: 0...limit, using: &random)
      scalars.append(Unicode.Scalar(value) ?? "x")
    }
    return String(scalars)
  }

  func spelled(_ random: inout SeededGenerator) -> String {
    let space = ["", "", "", " ", "\t", " \r "].randomElement(using: &random) ?? ""
    switch self {
    case .string(let text): return space + Value.quoted(text, &random) + space
    case .number(let text, _), .word(let text): return space + text + space
    case .array(let values):
      return space + "[" + values.map { $0.spelled(&random) }.joined(separator: ",") + "]" + space
    case .object(let members):
      let spelled = members.map { Value.quoted($0, &random) + ":" + $1.spelled(&random) }
      return space + "{" + spelled.joined(separator: ",") + "}" + space
    }
  }

  private static func quoted(_ text: String, _ random: inout SeededGenerator) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
      if mustEscape || Int.random(in: 0..<4, using: &random) == 0 {
        for unit in String(scalar).utf16 {
          let isUpper = Bool.random(using: &random)
          let digits = String(unit, radix: 16, uppercase: isUpper)
          quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  func integer(at path: [String]) -> String? {
    guard let key = path.first else {
      if case .number(let text, true) = self { return text }
      return nil
    }
    guard case .object(let members) = self else { return nil }
    return members.first { Array($0.0.utf8) == Array(key.utf8) }?.1
      .integer(at: Array(path.dropFirst()))
  }
}

@Suite("Records against other parsers") struct RecordParserReferenceTests {
  /// What Foundation finds at a path: nil for no such key.
  private func found(_ root: Any, _ path: [String]) -> Any? {
    var value = root
    for (level, key) in path.enumerated() {
      guard let object = value as? [String: Any] else { return level == 0 ? nil : NSNull() }
      guard let next = object[key] else { return nil }
      value = next
    }
    return value
  }

  @Test("random objects: what JSONSerialization reads", arguments: 0..<4)
  func randomObjects(seed: UInt64) throws {
    var random = SeededGenerator(seed: 100 + seed)
    let paths = ["text", "a", "a.b", "é.text", "a.a.text"]
    var outcomes: Set<String> = []
    for round in 0..<1500 {
      let text = paths[round % paths.count]
      let id = paths[round / 7 % paths.count]
      let value = Value.random(&random, depth: 5)
      let record = value.spelled(&random)
      let root = try JSONSerialization.jsonObject(
        with: Data(record.utf8), options: .fragmentsAllowed)
      let parser = RecordParser(DocumentFields(text: [text], id: id))
      let expected: Parsed =
        switch found(root, text.split(separator: ".").map(String.init)) {
        case nil: .issue(.missingText)
        case let text as String:
          .record(
            text: text,
            id: found(root, id.split(separator: ".").map(String.init)) as? String
              ?? value.integer(at: id.split(separator: ".").map(String.init)))
        default: .issue(.textNotString)
        }
      let parsed = parser.parsed(record)
      #expect(parsed == expected, "seed \(seed) round \(round)")
      if case .record(_, let id) = parsed { outcomes.insert(id == nil ? "text" : "text, id") }
      if case .issue(let issue) = parsed { outcomes.insert(issue.rawValue) }
    }
    #expect(outcomes == ["text", "text, id", "missing-text", "text-not-a-string"])
  }

  @Test("every sequence of escapes: a surrogate is read in a pair or refused, also in keys")
  func surrogates() {
    let parser = RecordParser(DocumentFields(text: ["text"], id: nil))
    // Each piece with the UTF-16 that it stands for.
    let pieces: [(String, [UInt16])] = [
      (#"\ud83d"#, [0xD83D]), (#"\uDE00"#, [0xDE00]), (#"\uDBFF"#, [0xDBFF]),
      (#"\udfff"#, [0xDFFF]), (#"\\"#, [0x5C]), ("u", [0x75]), ("dc00", Array("dc00".utf16)),
      (#"\u0041"#, [0x41]), (#"\uffff"#, [0xFFFF]), ("\u{1F600}", [0xD83D, 0xDE00]),
    ]
    var lone = 0
    for number in 0..<10_000 {
      let chosen = [number / 1000, number / 100 % 10, number / 10 % 10, number % 10].map {
        pieces[$0]
      }
      let escaped = chosen.map(\.0).joined()
      let text = String(validating: chosen.flatMap(\.1), as: UTF16.self)
      let parsed = parser.parsed("{\"text\":\"\(escaped)\"}")
      guard let text else {
        lone += 1
        #expect(parsed == .issue(.loneSurrogate), "\(escaped)")
        continue
      }
      #expect(parsed == .record(text: text, id: nil), "\(escaped)")
      #expect(
        parser.parsed("{\"\(escaped)\":[\"\(escaped)\"],\"text\":\"t\"}")
          == .record(text: "t", id: nil), "\(escaped)")
    }
    #expect(lone > 5000)
    #expect(parser.parsed(#"{"\udc00":0,"text":"t"}"#) == .issue(.loneSurrogate))
    #expect(parser.parsed(#"{"text":"t","v":["\ud800"]}"#) == .issue(.loneSurrogate))
    #expect(parser.parsed(#"{"text":"t","v":{"a":"\\\udc00"}}"#) == .issue(.loneSurrogate))
  }

  @Test("random bytes: what Swift's own decoder takes for UTF-8 is taken, and no more")
  func invalidUTF8() {
    var random = SeededGenerator(seed: 5)
    let parser = RecordParser(DocumentFields(text: ["text"], id: nil))
    // Bytes that matter: leads, continuations, and the edges of what RFC 3629 allows.
    let alphabet: [UInt8] = [
      0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF,
      0xF0, 0xF4, 0xF5, 0xFF,
    ]
    var valid = 0
    for round in 0..<20_000 {
      let bytes = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        alphabet.randomElement(using: &random) ?? 0x41
      }
      let text = String(validating: bytes, as: UTF8.self)
      if text != nil { valid += 1 }
      let expected = text.map { Parsed.record(text: $0, id: nil) } ?? .issue(.invalidUTF8)
      let record = Array("{\"text\":\"".utf8) + bytes + Array("\"}".utf8)
      #expect(parser.parsed(record) == expected, "round \(round): \(bytes)")
      #expect(parser.parsed(bytes, format: .text) == expected, "round \(round): \(bytes)")
    }
    #expect(valid > 500)
    // Outside strings, and in a record that is no JSON either.
    #expect(parser.parsed(Array(#"{"text":"t"}"#.utf8) + [0xC3]) == .issue(.invalidUTF8))
    #expect(parser.parsed(Array(#"{"v":"#.utf8) + [0xFF] + Array("}".utf8)) == .issue(.invalidUTF8))
    #expect(parser.parsed(Array(#"{"text":"#.utf8) + [0xE9]) == .issue(.invalidUTF8))
  }
}
