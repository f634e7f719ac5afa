public import Streams
public import Training

/// An unlearning run that cannot begin or go on. It names files, rows and counts, never a text.
public enum UnlearningError: CordonError, Equatable {
  /// The files of a term hold no item.
  case empty(term: String, files: [String])
  /// A file or folder that a term's `data` names is not there; the place is its line and key.
  case missing(place: String, path: String)
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
  /// The run needs more memory than the plan allows, and with its smallest slices the least.
  case memory(needed: Int, limit: Int, least: Int, plan: String)
  /// What the start model says of one step does not fit into `reference: memory`.
  case referenceMemory(step: Int, all: Int, limit: Int, plan: String)
  /// The start model is not what it was when the run began.
  case startModel(folder: String)
  /// The ledger is none, or cannot be made; the reason goes before what to check.
  case ledger(path: String, why: String)
  /// The model of a run that is done is not where the run left it.
  case gone(model: String)
  /// A step went wrong.
  case step(StepError, checkpoint: String?)

  /// What follows from it.
  public var consequence: Consequence {
    switch self {
    case .memory, .referenceMemory: .resource
    case .step: .findings
    case .missing, .gone: .input
    default: .usage
    }
  }

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .empty(let term, let files):
      "\(term): \(files.joined(separator: ", ")) holds no item; name files that do, or leave the "
        + "term out"
    case .missing(let place, let path):
      "\(place): \(path): no such file or folder; check the path"
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
    case .memory(let needed, let limit, let least, let plan):
      "\(plan): memory: the run needs about \(UnlearningError.mebibytes(needed)), more than "
        + "\(UnlearningError.mebibytes(limit)); "
        + UnlearningError.advice(least: least, limit: limit)
    case .referenceMemory(let step, let all, let limit, let plan):
      "\(plan): reference: memory: what the start model says of one step takes \(step) bytes, more "
        + "than \(limit); allow at least that (\(all) bytes keep it of all items), or make "
        + "batches or `sequence` smaller"
    case .startModel(let folder):
      "\(folder): the model was changed while the run read it; begin anew with --fresh"
    case .gone(let model):
      "\(model): the run is done, and its model is no longer there; bring it back, or begin anew "
        + "with --fresh"
    case .ledger(let path, let why): "\(path): \(why) check --ledger"
    case .step(let error, let checkpoint):
      "\(error). "
        + (checkpoint.map { "The last good checkpoint is \($0)" } ?? "There is no checkpoint yet")
    }
  }

  /// What makes a run fit, as far as anything in the plan does.
  private static func advice(least: Int, limit: Int) -> String {
    guard least <= limit else {
      return "also with `recompute: true` or a slice for each item it needs about "
        + "\(mebibytes(least)): allow that, or take a smaller model"
    }
    return "set `recompute: true`, more slices or smaller batches (about \(mebibytes(least)) is "
      + "the least)"
  }

  /// Bytes as `--dry-run` tells them, rounded up: so many do.
  private static func mebibytes(_ bytes: Int) -> String {
    let tenths = Int((Double(bytes) / 1_048_576 * 10).rounded(.up))
    return "\(tenths / 10).\(tenths % 10)MiB"
  }
}
