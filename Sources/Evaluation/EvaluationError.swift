public import Streams

/// A suite whose files or model do not fit it.
public enum EvaluationError: CordonError, Equatable {
  /// A row of a file is not an item.
  case item(file: String, row: Int, why: String)
  /// A file holds nothing to evaluate.
  case empty(file: String)
  /// A file that a suite names is not there; the place is the suite's line and key.
  case missing(place: String, path: String)
  /// No token of a task's texts stands behind another.
  case nothingScored(task: String)
  /// A record of a corpus cannot be read.
  case record(file: String, row: Int, reason: String)
  /// A window longer than the model can see.
  case window(task: String, window: Int, context: Int)
  /// The tokens of a choice are too many for the model, or there are none.
  case choice(file: String, row: Int, choice: Int, tokens: Int, context: Int)
  /// The model has no token to begin with.
  case noStart(task: String)
  /// A template of questions that does not say where the question stands.
  case template(String)
  /// A log-likelihood that is not a number.
  case notFinite(task: String, file: String, row: Int)

  /// What follows from it.
  public var consequence: Consequence {
    switch self {
    case .item, .empty, .missing, .nothingScored, .record, .notFinite: .input
    case .window, .choice, .noStart, .template: .usage
    }
  }

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .item(let file, let row, let why): "\(file): row \(row): \(why)"
    case .empty(let file): "\(file): holds nothing to evaluate"
    case .missing(let place, let path): "\(place): \(path): no such file; check the path"
    case .nothingScored(let task):
      "task \(task): no token of its texts can be scored: none stands behind another; set `start` "
        + "to model, or give longer texts"
    case .record(let file, let row, let reason):
      "\(file): record \(row) cannot be read (\(reason)); curate the corpus first"
    case .window(let task, let window, let context):
      "task \(task): a window of \(window) tokens, but the model sees \(context); set `window`"
    case .choice(let file, let row, let choice, let tokens, let context):
      "\(file): row \(row): choice \(choice) has \(tokens) tokens of its own, and from 1 to "
        + "\(context) can be scored; check the tokenizer"
    case .noStart(let task):
      "task \(task): the model names no token that begins or ends a text; set `start` to "
        + "tokenizer or none"
    case .template(let text):
      "the template `\(text)` must have {question}, and perhaps {choices}; {{ and }} stand for "
        + "braces"
    case .notFinite(let task, let file, let row):
      "task \(task): \(file): row \(row): the model's log-likelihood is not a number; the "
        + "checkpoint is damaged, take an earlier one"
    }
  }
}
