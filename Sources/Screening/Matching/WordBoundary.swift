/// The boundary test: a match must not begin or end inside a word.
///
/// A boundary is missing where the characters on both sides are word characters (letter, mark,
/// number, underscore) of scripts that separate words. So a term that ends in a symbol (`C++`) has
/// no test on that side, and neither has one in a script without spaces, or beside one.
struct WordBoundary {
  let text: UnsafePointer<UInt8>
  let count: Int
  unowned(unsafe) let folder: TextFolder

  /// Whether a word goes on across this position.
  @inline(__always)
  func isInsideWord(_ position: Int) -> Bool {
    guard position > 0, position < count else { return false }
    return joins(before: position) && joins(at: position)
  }

  /// Whether the character before the position is a word character.
  @inline(__always)
  func joins(before position: Int) -> Bool {
    guard position > 0 else { return false }
    let byte = text[position - 1]
    if byte < 0x80 { return WordBoundary.joinsASCII(byte) }
    return folder.entry(decodeScalarBefore(text, position)).has(FoldEntry.joins)
  }

  /// Whether the character at the position is a word character.
  @inline(__always)
  func joins(at position: Int) -> Bool {
    guard position < count else { return false }
    let byte = text[position]
    if byte < 0x80 { return WordBoundary.joinsASCII(byte) }
    return folder.entry(decodeScalar(text, at: position, end: count).value).has(FoldEntry.joins)
  }

  /// The next position after this one that is not inside a word; `count` at the end.
  func next(after position: Int) -> Int {
    var position = position
    while position < count {
      position += decodeScalar(text, at: position, end: count).length
      if !isInsideWord(position) { break }
    }
    return position
  }

  /// Letters, digits and the underscore.
  @inline(__always)
  static func joinsASCII(_ byte: UInt8) -> Bool {
    (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F
  }
}
