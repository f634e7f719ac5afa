public import Language
public import Tensors

/// What is evaluated: a model with its tokenizer, and the workers that compute.
public struct EvaluationSubject {
  /// The model.
  public let model: LanguageModel
  /// Its tokenizer.
  public let tokenizer: Tokenizer
  /// The token that begins a text by the model's settings, else the one that ends one; nil where
  /// they name none.
  public let startToken: Int32?
  let workers: Workers

  /// A model to evaluate.
  ///
  /// - Parameter startToken: nil for what the model's own `config.json` says.
  public init(
    _ model: LanguageModel, tokenizer: Tokenizer, startToken: Int32? = nil, on workers: Workers
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.workers = workers
    let configuration = model.source?.configuration
    self.startToken =
      startToken ?? configuration?.beginToken ?? configuration?.endTokens.first
  }

  /// The tokens of a text, behind what `start` asks for.
  func tokens(_ text: [UInt8], _ start: TextStart, task: String) throws -> [Int32] {
    switch start {
    case .tokenizer: return tokenizer.encode(text)
    case .none: return tokenizer.encode(text, addingSpecial: false)
    case .model:
      guard let startToken else { throw EvaluationError.noStart(task: task) }
      return [startToken] + tokenizer.encode(text, addingSpecial: false)
    }
  }
}
