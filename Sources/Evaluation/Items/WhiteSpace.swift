/// White space as Python's `str.isspace` and `\s` see it: what lm-eval counts words and strips by.
enum WhiteSpace {
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// The pieces of `re.split(r"\s+", text)`: the runs of white space, and one.
  static func words(_ text: [UInt8]) -> Int {
    var runs = 0
    var isInside = false
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      let isSpace = isSpace(scalar)
      if isSpace && !isInside { runs += 1 }
      isInside = isSpace
    }
    return runs + 1
  }

  /// The pieces of which something stands behind the first `count` bytes.
  static func words(_ text: [UInt8], behind count: Int) -> Int {
    guard count > 0 else { return words(text) }
    let rest = Array(text[count...])
    let first = String(decoding: rest.prefix(4), as: UTF8.self).unicodeScalars.first
    return words(rest) - (first.map(isSpace) ?? true ? 1 : 0)
  }
}
