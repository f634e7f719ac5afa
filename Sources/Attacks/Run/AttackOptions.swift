public import Ledger

/// What the command line says about an attack, beside its plan.
public struct AttackOptions: Sendable {
  /// The models, the one that is asked about first.
  public var models: [AttackedModel]
  /// The output folder.
  public var output: String
  /// The ledger; nil for one in the output folder.
  public var ledger: String?
  /// Workers.
  public var threads: Int
  /// Whether what an earlier run left in the output folder is removed first.
  public var fresh: Bool
  /// The program.
  public var code: CodeVersion
  /// Where it runs.
  public var machine: MachineDescription

  /// Options of a run.
  ///
  /// - Precondition: there is a model, and somebody works.
  public init(
    models: [AttackedModel], output: String, ledger: String? = nil, threads: Int,
    fresh: Bool = false, code: CodeVersion, machine: MachineDescription
  ) {
    precondition(!models.isEmpty && threads > 0, "a model, and somebody who works")
    self.models = models
    self.output = output
    self.ledger = ledger
    self.threads = threads
    self.fresh = fresh
    self.code = code
    self.machine = machine
  }
}

/// A model that is attacked.
public struct AttackedModel: Sendable, Equatable {
  /// What it is to the run.
  public enum Role: String, Sendable, Codable {
    /// It is asked about.
    case model
    /// The positive control: it knows everything, and an attack must show it.
    case unprotected
    /// The negative control: a twin that never saw a hazard, and must not come to know what no
    /// attack taught.
    case filtered
    /// Attacked alike, for comparison.
    case beside
  }

  /// What it is to the run.
  public let role: Role
  /// Its Hugging Face folder, with its tokenizer.
  public let folder: String

  /// A model.
  public init(_ role: Role, folder: String) { (self.role, self.folder) = (role, folder) }
}

/// Where an attack tells how far it is.
public struct AttackObserver {
  /// Trials that are done, and all of them.
  public var trial: (_ done: Int, _ total: Int, _ name: String) -> Void

  /// An observer that looks away.
  public init(trial: @escaping (Int, Int, String) -> Void = { _, _, _ in }) { self.trial = trial }
}
