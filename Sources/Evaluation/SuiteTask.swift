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
  var inputs: [NamedFile] { get }

  /// Carries it out.
  ///
  /// - Throws: ``EvaluationError`` where files or model do not fit, `ModelInputError` where
  ///   tokenizer and model do not, `StreamsError` for files, `InterruptedError`.
  func run(_ subject: EvaluationSubject, progress: EvaluationProgress?) throws -> TaskResult
}

/// How many of a task's items are done.
public typealias EvaluationProgress = (_ task: String, _ done: Int, _ total: Int) -> Void

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
