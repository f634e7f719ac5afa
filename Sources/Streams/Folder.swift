internal import Foundation

/// What is done to folders, each with an error that names the place.
public enum Folder {
  /// Makes a folder and what is above it; a new one gets `mode`.
  public static func make(_ path: String, mode: UInt32 = 0o755) throws(StreamsError) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else { throw .writing(path, errno: ENOTDIR) }
      return
    }
    let above = parent(of: path)
    if above != path { try make(above) }
    if mkdir(path, mode_t(mode)) != 0 && errno != EEXIST { throw .writing(path) }
  }

  /// The folder that holds `path`.
  public static func parent(of path: String) -> String {
    // By bytes: a slash before a combining mark is no character of its own.
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Renames within a file system and makes the new name durable.
  public static func rename(_ from: String, to path: String) throws(StreamsError) {
    guard Foundation.rename(from, path) == 0 else { throw .writing(path) }
    CrashPoint.pass()
    try sync(parent(of: path))
  }

  /// Makes the names in a folder durable.
  public static func sync(_ path: String) throws(StreamsError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .writing(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .writing(path) }
  }

  /// Removes a file or folder with everything below; it may be missing.
  public static func remove(_ path: String) throws(StreamsError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      if unlink(path) != 0 && errno != ENOENT { throw .writing(path) }
      return
    }
    for name in try names(in: path) { try remove(path + "/" + name) }
    CrashPoint.pass()
    if rmdir(path) != 0 && errno != ENOENT { throw .writing(path) }
  }

  /// The names in a folder in byte order, without `.` and `..`.
  public static func names(in path: String) throws(StreamsError) -> [String] {
    guard let stream = opendir(path) else { throw .reading(path) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Whether there is anything at `path`.
  public static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// Whether a folder, or a link to one, is at `path`.
  public static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The size of a file in bytes; nil when there is none.
  public static func size(of path: String) -> Int64? {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : nil
  }
}
