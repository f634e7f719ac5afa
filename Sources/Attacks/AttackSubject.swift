public import Evaluation
public import Language
public import Tensors

/// The model that a trial attacks: weights of its own, with what it is measured by.
public final class AttackSubject {
  /// The folder that the weights come from.
  public let folder: String
  /// The model. A trial may change its weights.
  public let model: LanguageModel
  /// Its tokenizer.
  public let tokenizer: Tokenizer
  /// What it is measured with.
  public let meter: AttackMeter
  /// Who computes.
  public let workers: Workers

  /// A subject.
  public init(
    folder: String, model: LanguageModel, tokenizer: Tokenizer, meter: AttackMeter,
    workers: Workers
  ) {
    (self.folder, self.model, self.tokenizer) = (folder, model, tokenizer)
    (self.meter, self.workers) = (meter, workers)
  }

  /// Reads the model of a folder and the items that it is measured with.
  ///
  /// - Throws: as ``AttackMeter`` where an item is none or does not fit, and what reading a model
  ///   and its tokenizer throws.
  convenience init(folder: String, sets: [AttackPlan.Items], workers: Workers) throws {
    let model = try LanguageModel.load(folder: folder)
    let tokenizer = try Tokenizer(path: folder + "/tokenizer.json")
    let evaluated = EvaluationSubject(model, tokenizer: tokenizer, on: workers)
    self.init(
      folder: folder, model: model, tokenizer: tokenizer,
      meter: try AttackMeter(sets, for: evaluated), workers: workers)
  }

  /// What evaluations call it.
  public var evaluated: EvaluationSubject {
    EvaluationSubject(model, tokenizer: tokenizer, on: workers)
  }

  /// The scores of all sets, as the weights are now.
  ///
  /// - Throws: as ``AttackMeter/scores(_:)``.
  public func scores() throws -> [SetScore] { try meter.scores(evaluated) }
}
