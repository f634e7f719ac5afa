import Streams

/// A JSON value by the bytes that stand for it in a file: a ledger hashes bytes, not numbers.
///
/// Of a text that a decoder has taken as valid; nothing is checked here.
struct JSONPiece {
  /// Its bytes, without space around them.
  let bytes: ArraySlice<UInt8>

  /// A value that is all of a text.
  init(_ bytes: ArraySlice<UInt8>) {
    let isSpace = { (byte: UInt8) in [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    var rest = bytes.drop(while: isSpace)
    while let last = rest.last, isSpace(last) { rest.removeLast() }
    self.bytes = rest
  }

  /// The values of an array; nil for what is none.
  var elements: [JSONPiece]? { parts("[", "]")?.map(JSONPiece.init) }

  /// The value of an object's first member of this name.
  subscript(name: String) -> JSONPiece? { members?.first { $0.name.isName(name) }?.value }

  /// An object as it would be without members of these names; nil for what is none.
  func without(_ names: [String]) -> [UInt8]? {
    guard let members else { return nil }
    let kept = members.filter { member in !names.contains { member.name.isName($0) } }
    let texts = kept.map { Array($0.name.bytes) + [UInt8(ascii: ":")] + Array($0.value.bytes) }
    return JSONPiece.joined(texts, "{", "}")
  }

  /// The SHA-256 of an array of these values, written without space.
  static func digest(ofArray values: [[UInt8]]) -> Digest256 {
    Digest256(hashing: joined(values, "[", "]"))
  }

  private static func joined(
    _ texts: [[UInt8]], _ open: Unicode.Scalar, _ close: Unicode.Scalar
  ) -> [UInt8] {
    [UInt8(ascii: open)] + Array(texts.joined(separator: [UInt8(ascii: ",")]))
      + [UInt8(ascii: close)]
  }

  // MARK: - Cutting

  private var members: [(name: JSONPiece, value: JSONPiece)]? {
    parts("{", "}")?.compactMap { member -> (name: JSONPiece, value: JSONPiece)? in
      let pair = JSONPiece.cut(member, at: UInt8(ascii: ":")).map(JSONPiece.init)
      return pair.count == 2 ? (pair[0], pair[1]) : nil
    }
  }

  private func isName(_ name: String) -> Bool { bytes.elementsEqual("\"\(name)\"".utf8) }

  /// What stands between brackets, cut at its commas; nil where these brackets are not there.
  private func parts(_ open: Unicode.Scalar, _ close: Unicode.Scalar) -> [ArraySlice<UInt8>]? {
    guard bytes.count >= 2, bytes.first == UInt8(ascii: open), bytes.last == UInt8(ascii: close)
    else { return nil }
    let inner = JSONPiece(bytes.dropFirst().dropLast()).bytes
    return inner.isEmpty ? [] : JSONPiece.cut(inner, at: UInt8(ascii: ","))
  }

  /// Cuts a text at a byte, where that stands outside of strings and brackets.
  private static func cut(_ text: ArraySlice<UInt8>, at mark: UInt8) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var (start, depth, isString, isEscaped) = (text.startIndex, 0, false, false)
    for index in text.indices {
      let byte = text[index]
      if isString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isString = true
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default:
        guard byte == mark, depth == 0 else { continue }
        parts.append(text[start..<index])
        start = index + 1
      }
    }
    parts.append(text[start...])
    return parts
  }
}
