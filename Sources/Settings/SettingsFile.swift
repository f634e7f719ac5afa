internal import Foundation

/// A YAML file that a person wrote: its exact bytes, and its values with their lines.
public struct SettingsFile: Sendable {
  /// The path as it was given; messages repeat it.
  public let path: String
  /// The file's exact bytes, for hashing and for the ledger.
  public let bytes: [UInt8]
  /// The document's root value.
  public let root: SettingsNode

  /// The largest file that is read, in bytes: 64 MiB.
  public static let byteLimit = 64 << 20

  /// Reads and parses the file.
  ///
  /// - Throws: ``SettingsError`` where it cannot be read, is larger than ``byteLimit`` or is not
  ///   one YAML document in UTF-8 without anchors, aliases and repeated keys.
  public init(path: String) throws(SettingsError) {
    try self.init(path: path, bytes: SettingsFile.read(path))
  }

  /// Parses these bytes; `path` is for messages only.
  public init(path: String, bytes: [UInt8]) throws(SettingsError) {
    self.path = path
    self.bytes = bytes
    root = try SettingsFile.parse(bytes, path: path)
  }

  /// The exact bytes of a file that a person wrote, in whatever format.
  ///
  /// - Throws: ``SettingsError`` where it cannot be read or is larger than ``byteLimit``.
  public static func read(_ path: String) throws(SettingsError) -> [UInt8] {
    func mistake(_ message: String) -> SettingsError {
      SettingsError(file: path, line: 0, message: message)
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw mistake("there is no such file")
    }
    guard !isFolder.boolValue else { throw mistake("is a folder; name a file in it") }
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      // One byte more than allowed tells "too large" from "just fits", whatever the file's kind.
      var bytes: [UInt8] = []
      while bytes.count <= byteLimit,
        let piece = try handle.read(upToCount: byteLimit + 1 - bytes.count), !piece.isEmpty
      {
        bytes.append(contentsOf: piece)
      }
      if bytes.count > byteLimit { throw mistake("is larger than 64 MiB; split it") }
      return bytes
    } catch let error as SettingsError {
      throw error
    } catch {
      throw mistake("cannot be read: \(error.localizedDescription)")
    }
  }
}
