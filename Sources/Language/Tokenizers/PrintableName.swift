extension String {
  /// A text from a file as it may stand in an error: no control characters, which could move a
  /// terminal's cursor or break a line, and no more than `limit` scalars.
  func printable(_ limit: Int) -> String {
    var text = ""
    for scalar in unicodeScalars.prefix(limit) {
      let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
      text.unicodeScalars.append(isControl ? "?" : scalar)
    }
    return text
  }
}
