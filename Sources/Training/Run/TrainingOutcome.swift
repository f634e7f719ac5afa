/// What a training run has done.
public struct TrainingOutcome: Sendable, Equatable {
  /// The run's id.
  public var run: String
  /// Its steps.
  public var steps: Int
  /// Steps that this process did; the rest had been done before.
  public var done: Int
  /// The mean loss of the last step, in nats per scored token.
  public var loss: Double
  /// The validation loss at the end, in nats per scored token; nil where nothing is held out.
  public var validation: Double?
  /// Scored tokens of all steps.
  public var scored: Int
  /// The folder of the model.
  public var model: String
  /// The last checkpoint.
  public var checkpoint: String
  /// The ledger.
  public var ledger: String
  /// What the run was trained on, in numbers and hashes.
  public var data: DataSummary
}

/// Where a training run tells how far it is.
public struct TrainingObserver {
  /// A phase of the preparation: done and all of something.
  public var preparing: (_ phase: String, _ done: Int64, _ total: Int64) -> Void
  /// The run begins: steps that are done already, all of them, floating-point operations of a row,
  /// and what the workers reach together, in operations a second.
  public var beginning: (_ done: Int, _ steps: Int, _ operations: Double, _ peak: Double) -> Void
  /// A step was done.
  public var step: (StepReport) -> Void
  /// Something that a person should know before trusting the losses.
  public var note: (String) -> Void

  /// An observer that looks away.
  public init(
    preparing: @escaping (String, Int64, Int64) -> Void = { _, _, _ in },
    beginning: @escaping (Int, Int, Double, Double) -> Void = { _, _, _, _ in },
    step: @escaping (StepReport) -> Void = { _ in },
    note: @escaping (String) -> Void = { _ in }
  ) {
    self.preparing = preparing
    self.beginning = beginning
    self.step = step
    self.note = note
  }
}
