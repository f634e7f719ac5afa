public import Foundation

/// Every file below a folder, by relative path.
public func contents(of folder: URL) throws -> [String: Data] {
  var contents: [String: Data] = [:]
  guard let names = FileManager.default.enumerator(atPath: folder.path) else { return [:] }
  for case let name as String in names {
    let file = folder.appendingPathComponent(name)
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder)
    if !isFolder.boolValue { contents[name] = try Data(contentsOf: file) }
  }
  return contents
}
