/// A table in comma-separated values (RFC 4180).
enum TableText {
  /// Its rows of cells; a blank line is none. A byte order mark is passed over.
  ///
  /// - Throws: ``EvaluationError`` where it is not UTF-8 or a quotation mark stands where none may.
  static func rows(of bytes: [UInt8], file: String) throws(EvaluationError) -> [[String]] {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw .record(file: file, row: 0, reason: "invalid-utf8")
    }
    var reader = Reader(bytes: bytes, file: file)
    var rows: [[String]] = []
    while let row = try reader.row(rows.count) {
      if row != [""] { rows.append(row) }
    }
    return rows
  }

  private struct Reader {
    let bytes: [UInt8]
    let file: String
    var place: Int

    init(bytes: [UInt8], file: String) {
      self.bytes = bytes
      self.file = file
      place = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// The next row; nil at the end.
    mutating func row(_ number: Int) throws(EvaluationError) -> [String]? {
      guard place < bytes.count else { return nil }
      var cells: [String] = []
      while true {
        cells.append(String(decoding: try cell(number), as: UTF8.self))
        guard place < bytes.count else { return cells }
        if bytes[place] == UInt8(ascii: ",") {
          place += 1
          continue
        }
        if bytes[place] == UInt8(ascii: "\r") { place += 1 }
        if place < bytes.count, bytes[place] == UInt8(ascii: "\n") { place += 1 }
        return cells
      }
    }

    /// The next cell; `place` is then at what ends it.
    private mutating func cell(_ number: Int) throws(EvaluationError) -> [UInt8] {
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
        let start = place
        while place < bytes.count, !isEnd(bytes[place]) {
          place += 1
        }
        return Array(bytes[start..<place])
      }
      var cell: [UInt8] = []
      place += 1
      while place < bytes.count {
        let byte = bytes[place]
        place += 1
        if byte != UInt8(ascii: "\"") {
          cell.append(byte)
        } else if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
          cell.append(byte)
          place += 1
        } else {
          guard place == bytes.count || isEnd(bytes[place]) else {
            throw .item(
              file: file, row: number,
              why: "text behind a closing quotation mark; double a mark that stands in a cell")
          }
          return cell
        }
      }
      throw .item(
        file: file, row: number,
        why: "a quotation mark is not closed; close the cell, or double a mark that stands in it")
    }

    private func isEnd(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }
  }
}
