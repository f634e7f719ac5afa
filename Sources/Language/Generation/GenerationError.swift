public import Streams

/// A model that does not say how to go on.
public enum GenerationError: CordonError, Equatable {
  /// Behind so many tokens a logit is infinite or not a number.
  case notFinite(tokens: Int)

  /// The checkpoint is input that cannot be used.
  public var consequence: Consequence { .input }

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .notFinite(let tokens):
      "behind \(tokens) tokens the model's logits are not numbers; the checkpoint is damaged, take "
        + "an earlier one"
    }
  }
}
