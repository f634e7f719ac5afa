public import Streams

/// A batch that an objective cannot be measured on.
public enum ObjectiveError: CordonError, Equatable {
  /// All labels of a sequence are masked.
  case nothingScored(sequence: Int)

  /// The items are wrong.
  public var consequence: Consequence { .usage }

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .nothingScored(let sequence):
      """
      sequence \(sequence) of the batch is scored by no token; leave its item out, or label at \
      least one token behind the first
      """
    }
  }
}
