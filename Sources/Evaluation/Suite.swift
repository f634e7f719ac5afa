public import Settings
public import Streams

/// A suite: a file that says which tasks a model is held against.
///
/// ```yaml
/// suite: reading
/// version: 1
/// tasks:
///   - loss: {name: prose, text: prose.txt, window: 512, stride: 256}
///   - multiple-choice: {name: quiz, items: quiz.jsonl, shots: 2, examples: shown.jsonl}
/// ```
public struct Suite: Sendable {
  /// The file.
  public let path: String
  /// Its name, letters, digits and . - _ +.
  public let name: String
  /// Its version.
  public let version: String
  /// The exact bytes of the file.
  public let bytes: [UInt8]
  /// The tasks, in order; each name once.
  public let tasks: [any SuiteTask]

  /// The SHA-256 of the file.
  public var sha256: Digest256 { Digest256(hashing: bytes) }

  /// Reads a suite; paths in it are relative to its folder.
  ///
  /// - Throws: `SettingsError` with the line of a mistake; `StreamsError` (missing) where the suite
  ///   is not there, ``EvaluationError/missing(place:path:)`` where a file is not that it names.
  public init(path: String) throws {
    guard Folder.exists(path) else { throw StreamsError(.missing, path: path, detail: "") }
    try self.init(file: SettingsFile(path: path))
  }

  /// Reads a suite that is in memory already.
  ///
  /// - Throws: `SettingsError` with the line of a mistake.
  public init(file: SettingsFile) throws {
    path = file.path
    bytes = file.bytes
    let root = try file.root.mapping()
    try root.allow(["suite", "version", "tasks"])
    name = try Suite.plainName(try root.required("suite"))
    version = try Suite.plainName(try root.required("version"))
    let folder = Folder.parent(of: file.path)
    let list = try root.required("tasks")
    var tasks: [any SuiteTask] = []
    for node in try list.sequence() {
      let task = try SuiteTasks.task(try node.mapping(), folder: folder)
      guard !tasks.contains(where: { $0.name == task.name }) else {
        throw node.mistake("the task `\(task.name)` stands twice")
      }
      tasks.append(task)
    }
    guard !tasks.isEmpty else { throw list.mistake("expected at least one task") }
    self.tasks = tasks
  }

  /// A name that stands in results: no white space, and nothing that breaks a table or a path.
  static func plainName(_ node: SettingsNode) throws(SettingsError) -> String {
    let text = try node.string()
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "_"), UInt8(ascii: "+"):
        true
      default: false
      }
    }
    guard isPlain, !text.isEmpty, text.utf8.count <= 100 else {
      throw node.mistake("expected letters, digits and . - _ +, at most 100")
    }
    return text
  }
}
