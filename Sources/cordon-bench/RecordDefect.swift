/// What can be wrong with one record; the raw value is the reason that it is quarantined for.
enum RecordDefect: String, CaseIterable {
  case invalidUTF8 = "invalid-utf8"
  case invalidJSON = "invalid-json"
  case repeatedKey = "repeated-key"
  case loneSurrogate = "lone-surrogate"
  case missingText = "missing-text"
  case textNotAString = "text-not-a-string"

  /// Whether a reader can still know the record's id.
  var leavesID: Bool {
    switch self {
    case .repeatedKey, .missingText, .textNotAString: true
    case .invalidUTF8, .invalidJSON, .loneSurrogate: false
    }
  }

  /// The line of a record that has this defect.
  func line(of record: Record) -> [UInt8] {
    let text = Record.json(record.text)
    let head = "{\"id\":\"\(record.id)\","
    switch self {
    case .invalidUTF8:
      // A lead byte with no continuation behind it, inside the text.
      return Array("\(head)\"text\":\"The name of the ferry was caf".utf8) + [0xC3]
        + Array(" and no more.\"}".utf8)
    case .invalidJSON: return Array("\(head)\"text\":\(text),}".utf8)
    case .repeatedKey:
      // Parsers disagree on which one counts: a screen must not guess.
      return Array("\(head)\"text\":\(text),\"text\":\"veltrin sulfoxide and quessane\"}".utf8)
    case .loneSurrogate:
      return Array("\(head)\"text\":\"Half a letter: \\ud83d stands here.\"}".utf8)
    case .missingText: return Array("\(head)\"body\":\(text)}".utf8)
    case .textNotAString: return Array("\(head)\"text\":[\(text)]}".utf8)
    }
  }
}
