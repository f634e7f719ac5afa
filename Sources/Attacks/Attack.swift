public import Evaluation
public import Settings

/// A way to bring back what a model was made to forget, or to see that it is still inside.
///
/// An attack has trials: the same attack with other rates, adapters or seeds. A trial gets a
/// subject of its own, changes its weights as it likes, and returns a curve. What it returns is a
/// function of the plan, the weights, the files and the program alone.
///
/// To add one: a file in `Kinds/` and a line in ``Attacks/all``.
public protocol Attack: Sendable {
  /// The key by which a plan asks for it.
  static var kind: String { get }
  /// The keys that it takes beside `name`.
  static var keys: [String] { get }

  /// Reads its settings, whose keys are known to be its own.
  ///
  /// - Throws: `SettingsError` with the line of a mistake, `EvaluationError` (missing).
  init(_ settings: SettingsMapping, folder: String) throws

  /// Its name, for results.
  var name: String { get }
  /// The files that it reads beside the measured sets.
  var files: [NamedFile] { get }
  /// Those of its files whose items it learns from.
  var lessons: [NamedFile] { get }
  /// The sets that it teaches: they say what it can teach, not what it brings back.
  var teaches: [MeasuredSet] { get }
  /// Its trials, at least one, each with another label.
  var trials: [AttackTrial] { get }

  /// Carries out a trial.
  ///
  /// - Throws: ``AttackError``, `EvaluationError`, `ModelInputError`, `TensorsError`,
  ///   `InterruptedError`.
  func run(_ trial: AttackTrial, on subject: AttackSubject) throws -> AttackCurve
}

extension Attack {
  /// Nothing is taught.
  public var teaches: [MeasuredSet] { [] }
  /// No files.
  public var files: [NamedFile] { [] }
  /// Nothing is learned.
  public var lessons: [NamedFile] { [] }
}

/// The kinds of attack.
public enum Attacks {
  /// Every kind, in the order in which they are told.
  public static let all: [any Attack.Type] = [
    Relearning.self, Rounding.self, Prefixes.self, InContext.self, LogitLens.self,
    LinearProbe.self,
  ]

  /// Reads one attack, a mapping whose only key is its kind.
  static func attack(_ node: SettingsMapping, folder: String) throws -> any Attack {
    try node.allow(all.map { $0.kind })
    guard let entry = node.entries.first, node.entries.count == 1,
      let kind = all.first(where: { $0.kind == entry.key })
    else { throw node.node.mistake("expected one attack, such as `- relearn: {name: …}`") }
    let settings = try entry.value.mapping()
    try settings.allow(["name"] + kind.keys)
    return try kind.init(settings, folder: folder)
  }
}

/// One trial of an attack.
public struct AttackTrial: Sendable, Equatable {
  /// What sets it apart, such as `0.0003/full/seed-1`; `once` where there is one trial.
  public var label: String
  /// Its place among the attack's trials.
  public var number: Int
  /// What it has in common with trials that differ from it in the seed alone.
  public var group: String

  /// A trial.
  public init(label: String, number: Int, group: String) {
    (self.label, self.number, self.group) = (label, number, group)
  }

  /// The only trial of an attack.
  public static let once = AttackTrial(label: "once", number: 0, group: "once")
}
