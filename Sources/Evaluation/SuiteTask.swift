public import Settings
internal import Streams

/// One task of a suite.
public protocol SuiteTask: Sendable {
  /// The key by which a suite asks for such a task.
  static var kind: String { get }
  /// The keys that it takes.
  static var keys: [String] { get }

  /// Reads its settings, whose keys are known to be its own.
  ///
  /// - Throws: `SettingsError` with the line of a mistake.
  init(_ settings: SettingsMapping, folder: String) throws

  /// Its name, for results.
  var name: String { get }
  /// The files that it reads: as the suite names them, and where they are.
  var inputs: [SuiteInput] { get }

  /// Carries it out.
  ///
  /// - Throws: ``EvaluationError`` where files or model do not fit, `ModelInputError` where
  ///   tokenizer and model do not, `StreamsError` for files, `InterruptedError`.
  func run(_ subject: EvaluationSubject, progress: EvaluationProgress?) throws -> TaskResult
}

/// How many of a task's items are done.
public typealias EvaluationProgress = (_ task: String, _ done: Int, _ total: Int) -> Void

/// A file that a task reads.
public struct SuiteInput: Sendable, Equatable {
  /// As the suite names it.
  public let name: String
  /// Where it is.
  public let path: String

  init(_ node: SettingsNode, folder: String) throws {
    name = try node.string()
    guard !name.isEmpty else { throw node.mistake("expected a path") }
    path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
    guard Folder.exists(path) else {
      let place = node.mistake("")
      throw EvaluationError.missing(
        place: "\(place.file):\(place.line): \(place.keyPath)", path: path)
    }
    guard !Folder.isFolder(path) else { throw node.mistake("is a folder; name a file in it") }
  }

  init(name: String, path: String) {
    self.name = name
    self.path = path
  }

  /// One path, or a list of them.
  static func list(_ node: SettingsNode, folder: String) throws -> [SuiteInput] {
    guard node.kind == .sequence else { return [try SuiteInput(node, folder: folder)] }
    var inputs: [SuiteInput] = []
    for node in try node.sequence() { inputs.append(try SuiteInput(node, folder: folder)) }
    guard !inputs.isEmpty else { throw node.mistake("expected at least one path") }
    return inputs
  }
}

/// The kinds of task.
///
/// To add one: a file in `Tasks/` and a line here.
public enum SuiteTasks {
  /// Every kind, in the order of their files.
  public static let all: [any SuiteTask.Type] = [
    ClozeTask.self,
    LossTask.self,
    MUSETask.self,
    MembershipTask.self,
    MemorisationTask.self,
    MultipleChoiceTask.self,
    TOFUAnswersTask.self,
    TOFUTask.self,
  ]

  /// Reads one task, a mapping whose only key is its kind.
  static func task(_ node: SettingsMapping, folder: String) throws -> any SuiteTask {
    try node.allow(all.map { $0.kind })
    guard let entry = node.entries.first, node.entries.count == 1,
      let kind = all.first(where: { $0.kind == entry.key })
    else { throw node.node.mistake("expected one task, such as `- loss: {name: …}`") }
    let settings = try entry.value.mapping()
    try settings.allow(["name"] + kind.keys)
    return try kind.init(settings, folder: folder)
  }
}

/// What stands before a text's own tokens.
public enum TextStart: String, Sendable, CaseIterable {
  /// What the tokenizer's own template puts around a text, which may be nothing.
  case tokenizer
  /// The token that begins a text by the model's settings, else the one that ends one.
  case model
  /// Nothing.
  case none

  /// Reads the key `start`.
  static func read(
    _ settings: SettingsMapping, default value: TextStart
  ) throws(SettingsError) -> TextStart {
    guard let node = settings.optional("start") else { return value }
    return TextStart(rawValue: try node.choice(of: allCases.map(\.rawValue))) ?? value
  }
}
