import Foundation
import TestSupport

/// The table of the house, as CONTRIBUTING.md has it: which target stands on which floor.
///
/// The table is the one place where the floors are written down; these tests read it, so that the
/// page which people read cannot drift away from the code.
struct House {
  /// The target of floor 1 that the other rooms of that floor stand on.
  static let ground = "Streams"

  /// The floor of every target.
  var floors: [String: Int]

  /// Reads the rows `| floor | `target` … | sentence |`.
  ///
  /// A cell may name several targets.
  init(table text: String) {
    floors = [:]
    for line in text.split(separator: "\n") where line.hasPrefix("|") {
      let cells = line.dropFirst().split(separator: "|").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard cells.count >= 3, let floor = Int(cells[0]) else { continue }
      // Names stand between backticks: every second piece.
      let pieces = cells[1].split(separator: "`", omittingEmptySubsequences: false)
      for index in stride(from: 1, to: pieces.count, by: 2) {
        floors[String(pieces[index])] = floor
      }
    }
  }

  /// The house of this repository.
  static func ours() throws -> House {
    House(table: try Checkout.text("CONTRIBUTING.md"))
  }
}

/// The modules that a Swift source imports, whatever stands before `import` or behind the name.
func imports(of source: String) -> [String] {
  let modifiers: Set<Substring> = [
    "public", "package", "internal", "fileprivate", "private", "@testable", "@preconcurrency",
    "@_exported", "@_implementationOnly",
  ]
  let kinds: Set<Substring> = [
    "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
  ]
  var modules: [String] = []
  for line in source.split(whereSeparator: \.isNewline) {
    var words = line.split(whereSeparator: \.isWhitespace)[...]
    while let word = words.first, modifiers.contains(word) || word.hasPrefix("@_spi(") {
      words = words.dropFirst()
    }
    guard words.first == "import" else { continue }
    words = words.dropFirst()
    if let word = words.first, kinds.contains(word) { words = words.dropFirst() }
    guard let path = words.first else { continue }
    // `import struct Module.Type` and `import A; import B`
    let module = path.prefix { $0 != "." && $0 != ";" }
    modules.append(String(module))
  }
  return modules
}

/// The imports of one source that do not point down.
///
/// Modules that the table does not have come from outside. A target may import no target above, and
/// none of its own floor but the one that floor stands on.
func floorViolations(file: String, target: String, source: String, house: House) -> [String] {
  guard let floor = house.floors[target] else {
    return ["\(file): the table in CONTRIBUTING.md has no target \(target)"]
  }
  return imports(of: source).compactMap { module in
    guard let other = house.floors[module], module != target, other >= floor else { return nil }
    if other == floor, module == House.ground { return nil }
    return "\(file): \(target) (floor \(floor)) imports \(module) (floor \(other))"
  }
}
