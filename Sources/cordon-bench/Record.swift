/// One document, as it is written into a shard.
struct Record {
  /// How its JSON is laid out. Readers must take each, and writers must copy each byte for byte.
  enum Style: CaseIterable {
    case compact, spaced, textLast, escapedLetters, escapedSlash
  }

  var id: String
  var text: String
  var source: String
  var style = Style.compact
  /// Letters of these words are written as `\uXXXX`.
  var escapedWords: [String] = []

  /// The record as one line of JSON, without a line end (RFC 8259).
  var line: [UInt8] {
    var textString = Record.json(text, escapingLetters: style == .escapedLetters)
    for word in escapedWords {
      guard let first = word.unicodeScalars.first else { continue }
      let escaped = Record.escape(UInt16(first.value)) + word.dropFirst()
      textString = textString.split(separator: word, omittingEmptySubsequences: false)
        .joined(separator: escaped)
    }
    let words = Prose.words(in: text)
    let colon = style == .spaced ? ": " : ":"
    let comma = style == .spaced ? ", " : ","
    let slash = style == .escapedSlash ? "\\/" : "/"
    let textMember = "\"text\"\(colon)\(textString)"
    let others =
      "\"source\"\(colon)\"invented\(slash)\(source)\"\(comma)"
      + "\"metadata\"\(colon){\"lang\"\(colon)\"en\"\(comma)\"words\"\(colon)\(words)}"
    let members = style == .textLast ? [others, textMember] : [textMember, others]
    let line = "{\"id\"\(colon)\"\(id)\"\(comma)\(members.joined(separator: comma))}"
    return Array(line.utf8)
  }

  /// This text as a JSON string with its quotes.
  static func json(_ text: String, escapingLetters: Bool = false) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case let scalar where scalar.value < 0x20 || (escapingLetters && scalar.value > 0x7E):
        for unit in String(scalar).utf16 { out += escape(unit) }
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  private static func escape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
