public import Streams

/// Tokens that a model cannot read.
public enum ModelInputError: CordonError, Equatable {
  /// There is no token.
  case empty
  /// A token that the vocabulary does not have.
  case token(Int32, vocabulary: Int)
  /// More tokens than the model can see.
  case tooLong(length: Int, context: Int)
  /// A layer that the model does not have.
  case layer(Int, layers: Int)
  /// An adapter's target that no layer of a block is called.
  case target(String)

  /// The command is wrong.
  public var consequence: Consequence { .usage }

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .empty: "no tokens: a model needs at least one to go on from"
    case .token(let token, let vocabulary):
      "token \(token) is not in the model's vocabulary of \(vocabulary); check the tokenizer"
    case .tooLong(let length, let context):
      "\(length) tokens, but the model sees \(context); shorten the prompt or the answer"
    case .layer(let layer, let layers):
      "layer \(layer) of a model with \(layers); layers are counted from 0"
    case .target(let name):
      "no layer of the model's blocks is called \(name); `cordon model inspect` names them"
    }
  }
}
