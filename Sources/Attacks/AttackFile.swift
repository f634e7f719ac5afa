internal import Settings
internal import Streams

/// A file that a plan of attack names.
public struct AttackFile: Sendable, Equatable {
  /// As the plan names it.
  public let name: String
  /// Where it is.
  public let path: String

  /// The file that a plan names.
  ///
  /// - Throws: `SettingsError` for an empty name or a folder, ``AttackError/missing(place:path:)``.
  init(_ node: SettingsNode, folder: String) throws {
    name = try node.string()
    guard !name.isEmpty else { throw node.mistake("names no file") }
    path = name.hasPrefix("/") || folder.isEmpty || folder == "." ? name : "\(folder)/\(name)"
    guard Folder.exists(path) else {
      let place = node.mistake("")
      throw AttackError.missing(
        place: "\(place.file):\(place.line): \(place.keyPath)", path: path)
    }
    guard !Folder.isFolder(path) else { throw node.mistake("is a folder; name a file in it") }
  }

  /// One file, or a list of them.
  static func list(_ node: SettingsNode, folder: String) throws -> [AttackFile] {
    guard node.kind == .sequence else { return [try AttackFile(node, folder: folder)] }
    let files = try node.sequence().map { try AttackFile($0, folder: folder) }
    guard !files.isEmpty else { throw node.mistake("names no file") }
    return files
  }
}
