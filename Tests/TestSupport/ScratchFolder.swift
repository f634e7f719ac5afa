public import Foundation

/// Calls `body` with a new empty folder, which is removed afterwards.
public func withScratchFolder<Value>(_ body: (URL) throws -> Value) throws -> Value {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("cordon-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

/// Calls `body` with the path of a file with these bytes, which is removed afterwards.
public func withScratchFile<Value>(
  _ bytes: [UInt8], named name: String = "scratch", _ body: (String) throws -> Value
) throws -> Value {
  try withScratchFolder { folder in
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    return try body(file.path)
  }
}
