public import Streams

/// A step that must not be taken, or whose result must not be kept.
public enum StepError: CordonError, Equatable {
  /// The loss or a gradient is no number.
  case notFinite(step: Int, what: String)
  /// The loss is far above that of guessing.
  case exploded(step: Int, loss: Double, limit: Double)
  /// The step's update left weights whose loss is no number, or far above that of guessing.
  case unsound(step: Int, loss: Double, limit: Double)
  /// No token of the batch is scored.
  case nothingScored(step: Int)

  /// A run that ends so is done with findings; the last checkpoint is good.
  public var consequence: Consequence { .findings }

  /// A changed plan is another run.
  private static let advice =
    "another plan needs --fresh or another output, which may begin with `model: {base: CHECKPOINT}`"

  /// What happened, and what to do.
  public var description: String {
    switch self {
    case .notFinite(let step, let what):
      "step \(step): the \(what) is not a finite number; nothing was updated. Lower the rate, "
        + "lengthen the warm-up or clip to a smaller norm; \(StepError.advice)"
    case .exploded(let step, let loss, let limit):
      "step \(step): the loss is \(loss), above \(limit), twice that of guessing; nothing was "
        + "updated. Lower the rate or lengthen the warm-up; \(StepError.advice)"
    case .unsound(let step, let loss, let limit):
      "step \(step): its update left weights whose loss is \(loss), "
        + (loss.isFinite ? "above \(limit), twice that of guessing" : "which is not a number")
        + "; they were not kept. Lower the rate or lengthen the warm-up; \(StepError.advice)"
    case .nothingScored(let step):
      "step \(step): no token of the batch is scored; look at the masks and responses of the data"
    }
  }
}
