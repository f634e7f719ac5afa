/// A target that Package.swift declares.
struct DeclaredTarget {
  var name: String
  /// Whether it lives under Tests/.
  var test: Bool
}

/// The targets of a manifest, in its order, read from its text.
///
/// `swift package dump-package` would say the same, but not while a build holds the package's lock.
func targets(inManifest manifest: String) -> [DeclaredTarget] {
  let code = manifest.split(separator: "\n")
    .filter { !$0.drop { $0 == " " }.hasPrefix("//") }
    .joined(separator: "\n")
  let declarations = [".systemLibrary(", ".target(", ".executableTarget(", ".testTarget("]
  var found: [(place: Int, target: DeclaredTarget)] = []
  for declaration in declarations {
    let parts = code.components(around: declaration)
    for part in parts {
      let quoted = part.text.split(separator: "\"", omittingEmptySubsequences: false)
      guard quoted.count > 1, quoted[0].drop(while: \.isWhitespace) == "name: " else { continue }
      let name = String(quoted[1])
      let test = declaration == ".testTarget(" || part.text.hasPathUnderTests(named: name)
      found.append((part.place, DeclaredTarget(name: name, test: test)))
    }
  }
  return found.sorted { $0.place < $1.place }.map(\.target)
}

/// Lines of a manifest that fetch a package without an exact version.
func unpinned(inManifest manifest: String) -> [String] {
  manifest.split(separator: "\n").map(String.init).filter {
    $0.contains(".package(url:") && !$0.contains("exact: \"")
  }
}

extension String {
  /// What follows each occurrence of a mark, with the mark's place.
  fileprivate func components(around mark: String) -> [(place: Int, text: Substring)] {
    var found: [(Int, Substring)] = []
    var rest = self[...]
    while let range = rest.firstRange(of: mark) {
      rest = rest[range.upperBound...]
      found.append((utf8.distance(from: utf8.startIndex, to: range.lowerBound), rest))
    }
    return found
  }
}

extension Substring {
  fileprivate func hasPathUnderTests(named name: String) -> Bool {
    prefix(400).contains("path: \"Tests/\(name)\"")
  }
}
