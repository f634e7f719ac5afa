internal import Foundation
public import Streams

/// One input file.
public struct Shard: Sendable, Equatable {
  /// Where it is read.
  public let path: String
  /// Its path below the common folder of the input: its name in output, ledger and messages.
  public let name: String
  /// How documents stand in it.
  public let format: ShardFormat
  /// Its size on disk in bytes.
  public let size: Int64
  /// Its time of modification in nanoseconds since 1970, a hint only.
  public let modified: Int64

  /// A shard that is known, such as the part of an earlier run.
  public init(path: String, name: String, format: ShardFormat, size: Int64, modified: Int64) {
    self.path = path
    self.name = name
    self.format = format
    self.size = size
    self.modified = modified
  }
}

/// An input that is not there, or not what it should be.
public struct InputError: CordonError, Equatable {
  /// What was asked for.
  public let path: String
  /// What is wrong with it, and what to do.
  public let advice: String
  /// What follows from it.
  public let consequence: Consequence

  /// The input and the advice.
  public var description: String { "\(path): \(advice)" }
}

/// The shards of an input: files, folders and globs, in the byte order of their names.
public struct ShardList: Sendable {
  /// The shards in the byte order of their names.
  public let shards: [Shard]
  /// Files in folders whose names are hidden or of no known format: they are not read, and said so.
  public let ignored: [String]

  /// The folders that are searched, at any depth.
  private let readFolders: [String]

  private static let depthLimit = 64
  /// A file name's bytes at most: the ledger's files add `.records` to it, and 255 is the limit.
  private static let nameByteLimit = 247
  private static let slash = UInt8(ascii: "/")

  /// Finds the shards.
  ///
  /// A folder gives its files of a known format, below it at any depth, names that begin with a
  /// dot left out. A glob (`*`, `?`, `[…]`) gives the files and folders that it matches. A file
  /// that is named itself must be of a known format. A file that is met twice counts once.
  ///
  /// - Throws: ``InputError`` for an input that is missing, empty or of an unknown format;
  ///   ``StreamsError`` for what cannot be read.
  public init(inputs: [String]) throws {
    var found: [String] = []
    var ignored: [String] = []
    var folders: [String] = []
    var readFolders: [String] = []
    for input in inputs {
      guard !input.isEmpty else {
        throw InputError(
          path: "--input", advice: "is empty; name a file, a folder or a glob", consequence: .usage)
      }
      for path in try ShardList.expand(input) {
        let absolute = ShardList.absolute(path)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: absolute, isDirectory: &isFolder) else {
          throw InputError(
            path: input, advice: "no such file or folder; check --input", consequence: .input)
        }
        if isFolder.boolValue {
          folders.append(absolute)
          readFolders.append(absolute)
          try ShardList.walk(absolute, depth: 0, into: &found, ignored: &ignored)
        } else {
          guard ShardFormat.of(name: ShardList.lastName(absolute)) != nil else {
            throw InputError(
              path: input,
              advice: "the name shows no known format; name it .jsonl or .txt, with .gz, .zst or "
                + ".lz4 behind if it is compressed",
              consequence: .usage)
          }
          folders.append(Folder.parent(of: absolute))
          found.append(absolute)
        }
      }
    }
    self.readFolders = readFolders
    let common = ShardList.commonFolder(folders)
    shards = try ShardList.shards(of: found, below: common)
    self.ignored = ignored.map { ShardList.relative($0, to: common) }.sorted(by: byteOrder)
    guard !shards.isEmpty else {
      throw InputError(
        path: inputs.joined(separator: " "),
        advice: "holds no .jsonl, .ndjson, .json or .txt file; nothing would be read",
        consequence: .input)
    }
  }

  /// Checks that a run will not read what it writes.
  ///
  /// - Parameter output: the output folder, which need not be there yet.
  /// - Throws: ``InputError`` (usage) when the output lies in a folder that is read, or a shard in
  ///   the output.
  public func checkApart(from output: String) throws {
    let output = ShardList.absolute(output)
    if let folder = readFolders.first(where: { (output + "/").hasPrefix($0 + "/") }) {
      throw InputError(
        path: output,
        advice: "lies in the input folder \(folder): the next run would read its own output. "
          + "Choose an output outside",
        consequence: .usage)
    }
    if let shard = shards.first(where: { ShardList.absolute($0.path).hasPrefix(output + "/") }) {
      throw InputError(
        path: shard.path, advice: "lies in the output folder; choose another output",
        consequence: .usage)
    }
  }

  private static func shards(of paths: [String], below common: String) throws -> [Shard] {
    // Names are bytes to the file system. Two spellings of é are equal as strings and two files.
    var seen: Set<[UInt8]> = []
    var shards: [Shard] = []
    for path in paths {
      guard seen.insert(resolved(path)).inserted else { continue }
      let file = try FileSource(path: path)
      let name = relative(path, to: common)
      guard lastName(path).utf8.count <= nameByteLimit else {
        throw InputError(
          path: path, advice: "the name is longer than \(nameByteLimit) bytes; shorten it",
          consequence: .usage)
      }
      guard let format = ShardFormat.of(name: lastName(path)) else { continue }
      shards.append(
        Shard(path: path, name: name, format: format, size: file.size, modified: file.modified))
    }
    return shards.sorted { byteOrder($0.name, $1.name) }
  }

  /// The bytes of a path without links.
  private static func resolved(_ path: String) -> [UInt8] {
    guard let real = realpath(path, nil) else { return Array(path.utf8) }
    defer { free(real) }
    return Array(UnsafeRawBufferPointer(start: real, count: strlen(real)))
  }

  private static func walk(
    _ folder: String, depth: Int, into found: inout [String], ignored: inout [String]
  ) throws {
    guard depth < depthLimit else {
      throw InputError(
        path: folder, advice: "folders deeper than \(depthLimit); does a link lead back up?",
        consequence: .input)
    }
    for name in try Folder.names(in: folder) {
      let path = folder == "/" ? "/" + name : folder + "/" + name
      guard name.utf8.first != UInt8(ascii: ".") else {
        if ShardFormat.of(name: name) != nil { ignored.append(path) }
        continue
      }
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw InputError(
          path: path,
          advice: name.contains("\u{FFFD}")
            ? "the name is not UTF-8; rename it, so that the ledger can hold it"
            : "a link that leads nowhere; mend or remove it",
          consequence: .input)
      }
      if isFolder.boolValue {
        try walk(path, depth: depth + 1, into: &found, ignored: &ignored)
      } else if ShardFormat.of(name: name) != nil {
        found.append(path)
      } else {
        ignored.append(path)
      }
    }
  }

  private static func expand(_ input: String) throws -> [String] {
    if Folder.exists(input) || !input.contains(where: { "*?[".contains($0) }) { return [input] }
    var matches = glob_t()
    defer { globfree(&matches) }
    guard glob(input, 0, nil, &matches) == 0, let paths = matches.gl_pathv else {
      throw InputError(path: input, advice: "the pattern matches nothing", consequence: .input)
    }
    return (0..<Int(matches.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
      .sorted(by: byteOrder)
  }

  private static func absolute(_ path: String) -> String {
    let url = URL(fileURLWithPath: path).standardizedFileURL
    return url.path.count > 1 && url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
  }

  private static func lastName(_ path: String) -> String {
    path.utf8.lastIndex(of: slash).map { String(path[path.utf8.index(after: $0)...]) } ?? path
  }

  private static func relative(_ path: String, to folder: String) -> String {
    let prefix = folder == "/" ? "/" : folder + "/"
    guard path.utf8.starts(with: prefix.utf8) else { return path }
    return String(decoding: path.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
  }

  private static func commonFolder(_ folders: [String]) -> String {
    let paths = folders.map { $0.utf8.split(separator: slash).map(Array.init) }
    guard var common = paths.first else { return "/" }
    for parts in paths.dropFirst() {
      var length = 0
      while length < min(common.count, parts.count), common[length] == parts[length] { length += 1 }
      common = Array(common[..<length])
    }
    return "/" + String(decoding: Array(common.joined(separator: [slash])), as: UTF8.self)
  }
}

/// Whether `left` stands before `right` in the order of their bytes.
public func byteOrder(_ left: String, _ right: String) -> Bool {
  left.utf8.lexicographicallyPrecedes(right.utf8)
}
