/// The checks of style that a formatter does not make. Each answers the complaints about one file.
enum Tidy {
  static let lineLimit = 100
  static let fileLimit = 600
  static let functionLimit = 70

  /// Names that say nothing about what a thing does.
  static let bannedNames = ["Utils", "Utility", "Manager", "Helper", "Common", "Misc"]

  /// Marks of work that was left. Put together here, so that this file does not hold them.
  static let leftovers = ["FIX" + "ME", "TO" + "DO", "XX" + "X", "HA" + "CK"]

  /// Calls that end the process on what may be the world's fault, and what to write instead.
  static let bannedCalls = [
    ("try" + "!", "let the error be thrown"),
    ("fatal" + "Error(", "throw a CordonError, or state a precondition if it is our mistake"),
    ("as" + "! ", "use a conditional cast and say what is wrong"),
  ]

  static func longLines(_ file: String, _ lines: [Substring]) -> [String] {
    lines.enumerated().filter { $0.element.count > lineLimit }.map {
      "\(file):\($0.offset + 1): \($0.element.count) columns, \(lineLimit) are allowed"
    }
  }

  static func longFile(_ file: String, _ lines: [Substring]) -> [String] {
    lines.count > fileLimit
      ? ["\(file): \(lines.count) lines, \(fileLimit) are allowed; split it by ability"] : []
  }

  static func leftovers(_ file: String, _ lines: [Substring]) -> [String] {
    lines.enumerated().flatMap { index, line in
      leftovers.filter { hasWord($0, in: line) }.map { "\(file):\(index + 1): \($0)" }
    }
  }

  static func bannedCalls(_ file: String, _ lines: [Substring]) -> [String] {
    lines.enumerated().flatMap { index, line -> [String] in
      let code = line.drop(while: \.isWhitespace)
      guard !code.hasPrefix("//") else { return [] }
      return bannedCalls.filter { code.contains($0.0) }.map {
        "\(file):\(index + 1): \($0.0) - \($0.1)"
      }
    }
  }

  /// Banned words in the name of a file or of a type in it.
  static func bannedNames(_ file: String, _ lines: [Substring]) -> [String] {
    let fileName = String(file.split(separator: "/").last ?? "")
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
    var names = [fileName]
    for line in lines {
      let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      for (word, next) in zip(words, words.dropFirst())
      where kinds.contains(word) && next.first?.isUppercase == true && !isComment(line) {
        names.append(String(next))
      }
    }
    return names.flatMap { name in
      bannedNames.filter { name.contains($0) }.map { "\(file): the name \(name) has \($0) in it" }
    }
  }

  /// Functions longer than a screen, from the line with `func` or `init` to the closing brace in
  /// the same column: the formatter puts it there.
  static func longFunctions(_ file: String, _ lines: [Substring]) -> [String] {
    var found: [String] = []
    for (index, line) in lines.enumerated() where beginsFunction(line) {
      let indent = line.prefix { $0 == " " }
      let closing = indent + "}"
      // A requirement of a protocol has no body: it ends where its indentation does.
      guard
        let length = lines[(index + 1)...].firstIndex(where: {
          $0 == closing || (!$0.isEmpty && !$0.hasPrefix(indent))
        }).map({ $0 - index + 1 }), lines[index + length - 1] == closing
      else { continue }
      if hasBody(lines[index..<(index + length)]), length > functionLimit {
        found.append("\(file):\(index + 1): \(length) lines, \(functionLimit) are allowed")
      }
    }
    return found
  }

  private static func beginsFunction(_ line: Substring) -> Bool {
    guard !isComment(line), !line.hasSuffix("}") else { return false }
    let words = line.split(separator: " ")
    guard let place = words.firstIndex(where: { $0 == "func" || $0.hasPrefix("init") }) else {
      return false
    }
    if words[place] != "func" {
      guard ["init(", "init?(", "init<"].contains(where: words[place].hasPrefix) else {
        return false
      }
    }
    // Only modifiers and attributes stand before it.
    return words[..<place].allSatisfy { $0.first?.isLowercase == true || $0.hasPrefix("@") }
      && !words[..<place].contains { ["let", "var", "return", "in", "if"].contains($0) }
  }

  /// Whether the first brace that opens does so before the next declaration.
  private static func hasBody(_ lines: ArraySlice<Substring>) -> Bool {
    guard let first = lines.first else { return false }
    let indent = first.prefix { $0 == " " }.count
    for line in lines {
      if line.hasSuffix("{") { return true }
      let column = line.prefix { $0 == " " }.count
      if line != first, column == indent,
        !line.hasPrefix(String(repeating: " ", count: indent) + ")")
      {
        return false
      }
    }
    return false
  }

  private static func isComment(_ line: Substring) -> Bool {
    line.drop { $0 == " " }.hasPrefix("//")
  }

  /// Whether a word stands in a line with no letter or digit on either side.
  private static func hasWord(_ word: String, in line: Substring) -> Bool {
    var rest = line
    while let range = rest.firstRange(of: word) {
      let before =
        range.lowerBound > line.startIndex ? line[line.index(before: range.lowerBound)] : " "
      let after = range.upperBound < line.endIndex ? line[range.upperBound] : " "
      if !before.isLetter, !before.isNumber, !after.isLetter, !after.isNumber { return true }
      rest = rest[range.upperBound...]
    }
    return false
  }
}
