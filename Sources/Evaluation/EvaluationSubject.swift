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
  /// How questions are written as turns of a chat; nil for plain text.
  public let chat: ChatTemplate?
  let workers: Workers

  /// A model to evaluate.
  ///
  /// - Parameters:
  ///   - startToken: nil for what the model's own `config.json` says.
  ///   - chat: the template of multiple-choice questions.
  public init(
    _ model: LanguageModel, tokenizer: Tokenizer, startToken: Int32? = nil,
    chat: ChatTemplate? = nil, on workers: Workers
  ) {
    self.chat = chat
    self.model = model
    self.tokenizer = tokenizer
    self.workers = workers
    let configuration = model.source?.configuration
    self.startToken =
      startToken ?? configuration?.beginToken ?? configuration?.endTokens.first
  }

  /// The same tokenizer and workers with another model.
  public func with(_ model: LanguageModel) -> EvaluationSubject {
    EvaluationSubject(
      model, tokenizer: tokenizer, startToken: startToken, chat: chat, on: workers)
  }

  /// The tokens of a text, behind what `start` asks for.
  ///
  /// As in lm-eval a text that begins with the start token itself (a chat template writes it) gets
  /// nothing more from the tokenizer's template.
  func tokens(_ text: [UInt8], _ start: TextStart, task: String) throws -> [Int32] {
    switch start {
    case .tokenizer:
      let start = startToken.map { tokenizer.decode([$0]) } ?? []
      let begins = !start.isEmpty && text.starts(with: start)
      return tokenizer.encode(text, addingSpecial: !begins)
    case .none: return tokenizer.encode(text, addingSpecial: false)
    case .model:
      guard let startToken else { throw EvaluationError.noStart(task: task) }
      return [startToken] + tokenizer.encode(text, addingSpecial: false)
    }
  }

  /// Bytes of a text that its first token stands for: none where that token stands before the text.
  func firstBytes(of text: [UInt8], _ tokens: [Int32]) -> Int {
    guard let first = tokens.first else { return 0 }
    let bytes = tokenizer.decode([first])
    if text.starts(with: bytes) { return bytes.count }
    // A start token, or bytes that a normaliser changed.
    return tokenizer.isSpecial(first) ? 0 : min(bytes.count, text.count)
  }
}
