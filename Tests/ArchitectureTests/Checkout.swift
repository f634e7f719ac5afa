import Foundation
import TestSupport

/// The files of this checkout, as git knows them where it does.
enum Checkout {
  /// The content of a file, by its path below the root.
  static func text(_ path: String) throws -> String {
    try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: Repository.root.appendingPathComponent(path).path)
  }

  /// The names in a folder that do not begin with a dot, sorted; none if it is missing.
  static func names(in folder: String) -> [String] {
    let path = Repository.root.appendingPathComponent(folder).path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The paths of all files below a folder, sorted, without hidden ones.
  static func files(below folder: String) -> [String] {
    names(in: folder).flatMap { name -> [String] in
      let path = "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      let full = Repository.root.appendingPathComponent(path).path
      guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { return [] }
      return isFolder.boolValue ? files(below: path) : [path]
    }
  }

  /// Every Swift source of ours.
  static var swiftFiles: [String] {
    ["Package.swift"]
      + (files(below: "Sources") + files(below: "Tests")).filter {
        $0.hasSuffix(".swift")
      }
  }

  /// The scripts: files without an ending, or Python's.
  static var scripts: [String] {
    [".ci/run"]
      + files(below: "Scripts").filter {
        let name = $0.split(separator: "/").last ?? ""
        return !name.contains(".") || name.hasSuffix(".py")
      }
  }
}
