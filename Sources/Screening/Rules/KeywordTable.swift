internal import Settings

/// Terms as a table in CSV (RFC 4180) with columns `keyword`, `pos_ratio` and, if it is there,
/// `is_relevant`: the form in which Deep Ignorance (arXiv 2508.06601) keeps its blocklist.
///
/// A row counts where `pos_ratio` is above 0.4 and `is_relevant` is not false. Other columns are
/// left alone.
enum KeywordTable {
  /// The share of a term's documents that are hazardous must be above this.
  static let ratioAbove = 0.4

  static func terms(_ bytes: [UInt8], path: String) throws(SettingsError) -> [RuleTerm] {
    func mistake(_ line: Int, _ message: String) -> SettingsError {
      SettingsError(file: path, line: line, message: message)
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw mistake(SettingsFile.lineOfInvalidText(bytes), "is not UTF-8; save it as UTF-8")
    }
    var table = CommaSeparated(bytes)
    guard let header = try table.next(path) else { throw mistake(0, "is empty") }
    let names = header.fields.map { $0.trimmingSpaces() }
    guard let keyword = names.firstIndex(of: "keyword"),
      let ratio = names.firstIndex(of: "pos_ratio")
    else { throw mistake(header.line, "the first line must name the columns keyword,pos_ratio") }
    let relevant = names.firstIndex(of: "is_relevant")
    var list = RuleTermList(path: path)
    while let row = try table.next(path) {
      if row.fields == [""] { continue }
      guard row.fields.count == names.count else {
        throw mistake(row.line, "has \(row.fields.count) fields, the header \(names.count)")
      }
      guard let value = Double(row.fields[ratio].trimmingSpaces()), value >= 0, value <= 1 else {
        throw mistake(row.line, "pos_ratio must be a number from 0 to 1")
      }
      let isRelevant = try relevant.map { column throws(SettingsError) in
        try truth(row.fields[column].trimmingSpaces().lowercased(), row.line, path)
      }
      guard value > ratioAbove, isRelevant ?? true else { continue }
      try list.append(term: row.fields[keyword], weight: RuleTerm.unit, line: row.line)
    }
    return list.terms
  }

  private static func truth(
    _ word: String, _ line: Int, _ path: String
  ) throws(SettingsError) -> Bool {
    switch word {
    case "true", "1", "1.0", "yes": return true
    case "false", "0", "0.0", "no": return false
    case "", "nan", "none", "null": return true  // not judged: it counts
    default:
      throw SettingsError(file: path, line: line, message: "is_relevant must be true or false")
    }
  }
}

extension String {
  fileprivate func trimmingSpaces() -> String {
    var bytes = utf8[...]
    while bytes.first == 0x20 || bytes.first == 0x09 { bytes = bytes.dropFirst() }
    while bytes.last == 0x20 || bytes.last == 0x09 { bytes = bytes.dropLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
