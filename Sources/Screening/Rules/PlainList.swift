internal import Settings

/// Terms one a line, as plain text. A line is a term; blank lines are skipped; there are no
/// comments (`#` may begin a term).
enum PlainList {
  static func terms(_ bytes: [UInt8], path: String) throws(SettingsError) -> [RuleTerm] {
    var list = RuleTermList(path: path)
    var line = 0
    for piece in try TextLines.split(bytes, path: path) {
      line += 1
      let isBlank = piece.unicodeScalars.allSatisfy { $0.properties.isWhitespace }
      if isBlank { continue }
      try list.append(term: String(piece), weight: RuleTerm.unit, line: line)
    }
    return list.terms
  }
}

/// The lines of a text file: LF or CR LF, without a byte-order mark.
enum TextLines {
  static func split(_ bytes: [UInt8], path: String) throws(SettingsError) -> [String] {
    var lines: [String] = []
    let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    for piece in bytes[start...].split(separator: 0x0A, omittingEmptySubsequences: false) {
      let content = piece.last == 0x0D ? piece.dropLast() : piece
      guard let text = String(validating: content, as: UTF8.self) else {
        throw SettingsError(
          file: path, line: lines.count + 1, message: "is not UTF-8; save it as UTF-8")
      }
      lines.append(text)
    }
    return lines
  }
}
