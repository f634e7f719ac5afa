/// A JSON text (RFC 8259) read whole: one flat array of its values in the order of the text.
///
/// A tokenizer's file has some hundred thousand strings, which a tree of objects makes slow. Memory
/// is 16 bytes a value, and a value takes at least two bytes of text, so a hostile file cannot ask
/// for more than a small multiple of its own size.
final class JSONDocument {
  /// What a value is.
  enum Kind: UInt8 { case null, no, yes, number, string, array, object }

  /// One value. The name of a member is a string that stands before its value.
  struct Entry {
    /// The first byte: of a string behind its quotation mark.
    var start: UInt32
    /// The number of bytes, of a string without the quotation marks; of a container its children.
    var count: UInt32
    /// The index of the entry behind this value and all that it holds.
    var next: UInt32
    var kind: Kind
    /// Whether a string has escapes, so that its bytes are not its text.
    var escaped: Bool
  }

  /// The deepest nesting that is read.
  static let depthLimit = 64

  /// What the text is called in errors.
  let path: String
  let bytes: [UInt8]
  let entries: [Entry]

  /// Reads a text; `path` names it in errors.
  ///
  /// - Throws: ``TokenizerError`` (json) with the byte's offset.
  init(_ bytes: [UInt8], path: String) throws {
    guard bytes.count < Int(UInt32.max) else {
      throw TokenizerError(.json, path: path, key: "", detail: "longer than 4 GiB")
    }
    self.path = path
    self.bytes = bytes
    entries = try bytes.withUnsafeBufferPointer {
      var parser = JSONParser(text: $0)
      do throws(JSONParser.Fault) {
        return try parser.document()
      } catch {
        throw TokenizerError(
          .json, path: path, key: "byte \(error.offset)", detail: error.reason)
      }
    }
  }

  /// The outermost value.
  var root: JSONNode { JSONNode(document: self, index: 0, key: "") }

  /// The text of the string at `index` as UTF-8.
  ///
  /// - Precondition: the value is a string.
  func text(at index: Int) -> [UInt8] {
    let entry = entries[index]
    precondition(entry.kind == .string, "only a string has a text")
    let slice = bytes[Int(entry.start)..<Int(entry.start + entry.count)]
    return entry.escaped ? JSONDocument.unescaped(slice) : Array(slice)
  }

  /// Appends the text of the string at `index`.
  func append(textAt index: Int, to target: inout [UInt8]) {
    let entry = entries[index]
    let slice = bytes[Int(entry.start)..<Int(entry.start + entry.count)]
    if entry.escaped {
      target += JSONDocument.unescaped(slice)
    } else {
      target += slice
    }
  }

  /// Resolves escapes that the parser has already found to be sound.
  private static func unescaped(_ slice: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(slice.count)
    var place = slice.startIndex
    func unit(at place: Int) -> UInt32 {
      slice[place..<(place + 4)].reduce(0) { $0 << 4 | UInt32(JSONParser.hexadecimal($1) ?? 0) }
    }
    while place < slice.endIndex {
      guard slice[place] == UInt8(ascii: "\\") else {
        text.append(slice[place])
        place += 1
        continue
      }
      let letter = slice[place + 1]
      place += 2
      switch letter {
      case UInt8(ascii: "b"): text.append(8)
      case UInt8(ascii: "f"): text.append(12)
      case UInt8(ascii: "n"): text.append(10)
      case UInt8(ascii: "r"): text.append(13)
      case UInt8(ascii: "t"): text.append(9)
      case UInt8(ascii: "u"):
        var value = unit(at: place)
        place += 4
        if value & 0xFC00 == 0xD800 {
          value = 0x10000 + (value & 0x3FF) << 10 + unit(at: place + 2) & 0x3FF
          place += 6
        }
        text += String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8
      default: text.append(letter)
      }
    }
    return text
  }
}
