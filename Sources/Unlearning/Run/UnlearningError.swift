public import Streams
public import Training

/// An unlearning run that cannot begin or go on. It names files, rows and counts, never a text.
public enum UnlearningError: CordonError, Equatable {
  /// The files of a term hold no item.
  case empty(term: String, files: [String])
  /// An item is to be forgotten and to be retained.
  case overlap(forget: ItemPlace, retain: ItemPlace, count: Int)
  /// No token of an item is scored.
  case unscored(ItemPlace)
  /// An item has no prompt, which the objective's answers stand behind.
  case prompt(ItemPlace, objective: String)
  /// A file of answers that holds none.
  case answers(file: String)
  /// A pattern of `parameters` that means no parameter.
  case parameters(pattern: String, plan: String)
  /// A sequence is longer than the model can see.
  case sequence(length: Int, context: Int, plan: String)
  /// The tokenizer has more tokens than the model.
  case vocabulary(tokens: Int, model: Int)
  /// The run needs more memory than the plan allows.
  case memory(needed: Int, limit: Int, plan: String)
  /// What the start model says of one step does not fit into `reference: memory`.
  case referenceMemory(step: Int, all: Int, limit: Int, plan: String)
  /// The start model is not what it was when the run began.
  case startModel(folder: String)
  /// A step went wrong.
  case step(StepError, checkpoint: String?)

  /// What follows from it.
  public var consequence: Consequence {
    switch self {
    case .memory, .referenceMemory: .resource
    case .step: .findings
    default: .usage
    }
  }

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .empty(let term, let files):
      "\(term): \(files.joined(separator: ", ")) holds no item; name files that do, or leave the "
        + "term out"
    case .overlap(let forget, let retain, let count):
      "\(forget) is to be forgotten, and the same text (but for capitals and white space) is to be "
        + "retained as \(retain)" + (count > 1 ? "; so are \(count - 1) more" : "")
        + ". Remove it from one of them"
    case .unscored(let place):
      "\(place): no token of this item is scored; give it an answer, or leave it out"
    case .prompt(let place, let objective):
      "\(place): \(objective) answers a prompt, and a text has none; give items with `prompt` and "
        + "`response`, or `question` and `answer`"
    case .answers(let file): "\(file): holds no answer; write one a line"
    case .parameters(let pattern, let plan):
      "\(plan): parameters: \(pattern) means no parameter; `cordon model inspect` names them"
    case .sequence(let length, let context, let plan):
      "\(plan): sequence: \(length) tokens, but the model sees \(context)"
    case .vocabulary(let tokens, let model):
      "the tokenizer has \(tokens) tokens, but the model's vocabulary has \(model); take the "
        + "tokenizer of the model"
    case .memory(let needed, let limit, let plan):
      "\(plan): memory: the run needs about \(needed / 1_000_000) MB, more than "
        + "\(limit / 1_000_000) MB; set `recompute: true`, more slices or smaller batches"
    case .referenceMemory(let step, let all, let limit, let plan):
      "\(plan): reference: memory: what the start model says of one step takes \(step) bytes, more "
        + "than \(limit); allow at least that (\(all) bytes keep it of all items), or make "
        + "batches or `sequence` smaller"
    case .startModel(let folder):
      "\(folder): the model was changed while the run read it; begin anew with --fresh"
    case .step(let error, let checkpoint):
      "\(error). "
        + (checkpoint.map { "The last good checkpoint is \($0)" } ?? "There is no checkpoint yet")
    }
  }
}
