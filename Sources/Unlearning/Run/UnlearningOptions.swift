public import Training

/// What the command line says about an unlearning run, beside its plan.
@dynamicMemberLookup public struct UnlearningOptions: Sendable {
  /// The Hugging Face folder of the model that is to forget.
  public var model: String
  /// Where it writes, and who works.
  public var run: RunConditions

  /// Options of a run.
  public init(model: String, run: RunConditions) { (self.model, self.run) = (model, run) }

  /// A condition of the run.
  public subscript<Value>(dynamicMember path: KeyPath<RunConditions, Value>) -> Value {
    run[keyPath: path]
  }
}

/// What an unlearning run has done.
public struct UnlearningOutcome: Sendable, Equatable {
  /// The run's id.
  public var run: String
  /// The steps that were taken, by this process and earlier ones.
  public var steps: Int
  /// Steps that this process took.
  public var done: Int
  /// `met`, `notMet` or `notEnoughItems`; nil where the plan states no boundary.
  public var verdict: String?
  /// The step whose weights the model has.
  public var chosen: Int
  /// How many times a task vector was subtracted; nil where the run subtracts none.
  public var scale: Double?
  /// The folder of the model; nil where the boundary is not met, or the run changed nothing or
  /// exploded.
  public var model: String?
  /// What a person should know of it: a sentence each.
  public var findings: [String]
}

/// Where an unlearning run tells how far it is.
public struct UnlearningObserver {
  /// The run begins: steps that are done already, all of them, floating-point operations of a row,
  /// and what the workers reach together, in operations a second.
  public var beginning: (_ done: Int, _ steps: Int, _ operations: Double, _ peak: Double) -> Void
  /// A step was done.
  public var step: (StepReport) -> Void
  /// Something else happened: a phrase.
  public var note: (String) -> Void

  /// An observer that looks away.
  public init(
    beginning: @escaping (Int, Int, Double, Double) -> Void = { _, _, _, _ in },
    step: @escaping (StepReport) -> Void = { _ in },
    note: @escaping (String) -> Void = { _ in }
  ) {
    self.beginning = beginning
    self.step = step
    self.note = note
  }
}
