/// What a person may have meant by a word that is not known.
public enum Spelling {
  /// `unknown key; did you mean \`distinct\`? known: blocklist, distinct, onHazard`
  ///
  /// - Parameters:
  ///   - what: `key`, `value`, `screen`, …
  ///   - shown: the word where the message must repeat it (a key path already ends in it).
  ///   - word: the word to compare; `shown` by default.
  public static func unknown(
    _ what: String, _ shown: String?, of word: String? = nil, known: [String]
  ) -> String {
    var message = "unknown \(what)"
    if let shown { message += " `\(shown)`" }
    if let near = nearest(to: word ?? shown ?? "", among: known) {
      message += "; did you mean `\(near)`?"
    } else {
      message += ";"
    }
    return message + " known: \(known.joined(separator: ", "))"
  }

  /// The known word nearest to this one, if at most a third of it (and one letter) differs.
  public static func nearest(to word: String, among known: [String]) -> String? {
    var best: (distance: Int, word: String)?
    for candidate in known {
      let distance = distance(Array(word.lowercased().utf8), Array(candidate.lowercased().utf8))
      if distance < best?.distance ?? .max { best = (distance, candidate) }
    }
    guard let best, best.distance <= 1 + word.utf8.count / 3 else { return nil }
    return best.word
  }

  /// Edits (insert, delete, replace) from one word to the other: Levenshtein's distance.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    // A key is a few letters; whatever is longer is near to nothing.
    guard left.count <= 64, right.count <= 64 else { return .max }
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, b) in right.enumerated() {
        let replaced = diagonal + (a == b ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[right.count]
  }
}
