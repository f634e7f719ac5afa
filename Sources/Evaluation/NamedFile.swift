public import Settings
internal import Streams

/// A file that a suite or a plan names.
public struct NamedFile: Sendable, Equatable {
  /// As it is named there.
  public let name: String
  /// Where it is.
  public let path: String

  /// The file that a setting names, relative to a folder.
  ///
  /// - Throws: `SettingsError` for an empty name or a folder,
  ///   ``EvaluationError/missing(place:path:)``.
  public init(_ node: SettingsNode, folder: String) throws {
    name = try node.string()
    guard !name.isEmpty else { throw node.mistake("names no file") }
    path = name.hasPrefix("/") || folder.isEmpty || folder == "." ? name : "\(folder)/\(name)"
    guard Folder.exists(path) else {
      let place = node.mistake("")
      throw EvaluationError.missing(
        place: "\(place.file):\(place.line): \(place.keyPath)", path: path)
    }
    guard !Folder.isFolder(path) else { throw node.mistake("is a folder; name a file in it") }
  }

  init(name: String, path: String) { (self.name, self.path) = (name, path) }

  /// One file, or a list of them, at least one.
  ///
  /// - Throws: as ``init(_:folder:)``.
  public static func list(_ node: SettingsNode, folder: String) throws -> [NamedFile] {
    guard node.kind == .sequence else { return [try NamedFile(node, folder: folder)] }
    let files = try node.sequence().map { try NamedFile($0, folder: folder) }
    guard !files.isEmpty else { throw node.mistake("names no file") }
    return files
  }
}
