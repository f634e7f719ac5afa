public import Streams

/// A step that must not be taken: the weights stay as the step before left them.
public enum StepError: CordonError, Equatable {
  /// The loss or a gradient is no number.
  case notFinite(step: Int, what: String)
  /// The loss is far above that of guessing.
  case exploded(step: Int, loss: Double, limit: Double)
  /// No token of the batch is scored.
  case nothingScored(step: Int)

  /// A run that ends so is done with findings; the last checkpoint is good.
  public var consequence: Consequence { .findings }

  /// What happened, and what to do.
  public var description: String {
    switch self {
    case .notFinite(let step, let what):
      "step \(step): the \(what) is not a finite number; nothing was updated. Lower the rate, "
        + "lengthen the warm-up or clip to a smaller norm, and go on from the last checkpoint"
    case .exploded(let step, let loss, let limit):
      "step \(step): the loss is \(loss), above \(limit), twice that of guessing; nothing was "
        + "updated. Lower the rate or lengthen the warm-up, and go on from the last checkpoint"
    case .nothingScored(let step):
      "step \(step): no token of the batch is scored; look at the masks and responses of the data"
    }
  }
}
