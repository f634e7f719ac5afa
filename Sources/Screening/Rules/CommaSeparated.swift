internal import Settings

/// Records of a CSV file (RFC 4180): fields in quotes may hold commas, line breaks and doubled
/// quotes; records end in CR LF or LF.
struct CommaSeparated {
  private let bytes: [UInt8]
  private var position: Int
  private var line = 1

  struct Record {
    let fields: [String]
    /// The line on which the record begins, from 1.
    let line: Int
  }

  /// Valid UTF-8, with or without a byte-order mark.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The next record; nil at the end.
  mutating func next(_ path: String) throws(SettingsError) -> Record? {
    guard position < bytes.count else { return nil }
    let first = line
    var fields: [String] = []
    while true {
      fields.append(try field(path))
      guard position < bytes.count else { break }
      let separator = bytes[position]
      position += 1
      if separator == UInt8(ascii: ",") { continue }
      if separator == 0x0D, position < bytes.count, bytes[position] == 0x0A { position += 1 }
      line += 1
      break
    }
    return Record(fields: fields, line: first)
  }

  /// One field; stops at a comma, at a line's end or at the end of the file.
  private mutating func field(_ path: String) throws(SettingsError) -> String {
    var content: [UInt8] = []
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
      while position < bytes.count, !endsField(bytes[position]) {
        if bytes[position] == UInt8(ascii: "\"") {
          throw mistake(path, "a quote inside a field that does not begin with one (RFC 4180)")
        }
        content.append(bytes[position])
        position += 1
      }
      return String(decoding: content, as: UTF8.self)
    }
    let opened = line
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard position < bytes.count, bytes[position] == byte else {
          guard position == bytes.count || endsField(bytes[position]) else {
            throw mistake(path, "text after a closing quote (RFC 4180)")
          }
          return String(decoding: content, as: UTF8.self)
        }
        position += 1
      }
      if byte == 0x0A { line += 1 }
      content.append(byte)
    }
    throw SettingsError(file: path, line: opened, message: "a quote is opened and never closed")
  }

  private func endsField(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == 0x0A || byte == 0x0D
  }

  private func mistake(_ path: String, _ message: String) -> SettingsError {
    SettingsError(file: path, line: line, message: message)
  }
}
