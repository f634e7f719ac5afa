public import Streams

/// A suite whose files or model do not fit it.
public enum EvaluationError: CordonError, Equatable {
  /// A row of a file is not an item; like all rows here, from 0 as results count them.
  case item(file: String, row: Int, why: String)
  /// A file of examples holds fewer than a task shows before each question.
  case examples(file: String, count: Int, shots: Int)
  /// A file holds nothing to evaluate.
  case empty(file: String)
  /// A file that a suite or a plan names is not there; the place is its line and key.
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
  /// The tokens of a question with its answer are more than the model can see.
  case tooLong(file: String, row: Int, tokens: Int, context: Int)
  /// No token ends an answer, or not the one that is named.
  case noEnd(task: String, token: String?)
  /// Results of another model that a task's cannot be held against.
  case reference(file: String, why: String)
  /// A suite that open-unlearning's files cannot hold: they hold one `tofu` task.
  case published(tasks: Int)

  /// What follows from it.
  public var consequence: Consequence {
    switch self {
    case .item, .examples, .empty, .missing, .nothingScored, .record, .notFinite, .tooLong,
      .reference:
      .input
    case .window, .choice, .noStart, .noEnd, .template, .published: .usage
    }
  }

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .item(let file, let row, let why): "\(file): row \(row) (from 0): \(why)"
    case .examples(let file, let count, let shots):
      "\(file): holds \(count) examples for a question, but the task has \(shots) shots; give "
        + "more, or a smaller `shots`"
    case .empty(let file): "\(file): holds nothing to evaluate; name a file with items"
    case .missing(let place, let path): "\(place): \(path): no such file; check the path"
    case .nothingScored(let task):
      "task \(task): no token of its texts can be scored: none stands behind another; set `start` "
        + "to model, or give longer texts"
    case .record(let file, let row, let reason):
      "\(file): record \(row) (from 0) cannot be read (\(reason)); curate the corpus first"
    case .window(let task, let window, let context):
      "task \(task): a window of \(window) tokens, but the model sees \(context); set `window`"
    case .choice(let file, let row, let choice, let tokens, let context):
      "\(file): row \(row) (from 0): choice \(choice) has \(tokens) tokens of its own, and from 1 "
        + "to \(context) can be scored; check the tokenizer"
    case .noStart(let task):
      "task \(task): the model names no token that begins or ends a text; set `start` to "
        + "tokenizer or none"
    case .template(let text):
      "the template `\(text)` must have {question}, and perhaps {choices}; {{ and }} stand for "
        + "braces"
    case .notFinite(let task, let file, let row):
      "task \(task): \(file): row \(row) (from 0): the model's log-likelihood is not a number; the "
        + "checkpoint is damaged, take an earlier one"
    case .tooLong(let file, let row, let tokens, let context):
      "\(file): row \(row) (from 0): question and answer have \(tokens) tokens, but the model "
        + "sees \(context); leave the row out, or take a model that sees more"
    case .noEnd(let task, nil):
      "task \(task): the model names no token that ends a text, and an answer has one; set `end`"
    case .noEnd(let task, let token?):
      "task \(task): the tokenizer has no token \(token) to end an answer with; set `end` to one "
        + "that it has"
    case .reference(let file, let why): "\(file): \(why)"
    case .published(let tasks):
      "the suite has \(tasks) tasks of kind `tofu`, and open-unlearning's files hold one; give "
        + "a suite with one"
    }
  }
}
