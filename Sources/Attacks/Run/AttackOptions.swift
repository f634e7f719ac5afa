public import Training

/// What the command line says about an attack, beside its plan.
@dynamicMemberLookup public struct AttackOptions: Sendable {
  /// The models, the one that is asked about first.
  public var models: [AttackedModel]
  /// Where it writes, and who works.
  public var run: RunConditions

  /// Options of a run.
  ///
  /// - Precondition: there is a model.
  public init(models: [AttackedModel], run: RunConditions) {
    precondition(!models.isEmpty, "a model is attacked")
    (self.models, self.run) = (models, run)
  }

  /// A condition of the run.
  public subscript<Value>(dynamicMember path: KeyPath<RunConditions, Value>) -> Value {
    run[keyPath: path]
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

  /// Something that a person should know: a sentence.
  public var note: (String) -> Void

  /// An observer that looks away.
  public init(
    trial: @escaping (Int, Int, String) -> Void = { _, _, _ in },
    note: @escaping (String) -> Void = { _ in }
  ) {
    (self.trial, self.note) = (trial, note)
  }
}
