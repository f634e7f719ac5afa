public import Streams

/// A training run that cannot begin or go on.
public enum TrainingRunError: CordonError, Equatable {
  /// It needs more memory than the plan allows.
  case memory(needed: Int, limit: Int, plan: String)
  /// A sequence is longer than the base model can see.
  case sequence(length: Int, context: Int, plan: String)
  /// The tokenizer has more tokens than the base model.
  case vocabulary(tokens: Int, model: Int)
  /// The output has something in its place that no run of this kind wrote.
  case foreign(path: String)
  /// What the run writes or removes is read by it.
  case inside(path: String, output: String)
  /// The output is a folder that the run reads, or stands in one.
  case within(output: String, path: String)
  /// A step went wrong.
  case step(StepError, sequences: [Int], checkpoint: String?)

  /// What follows from it.
  public var consequence: Consequence {
    switch self {
    case .memory: .resource
    case .sequence, .vocabulary, .foreign, .inside, .within: .usage
    case .step: .findings
    }
  }

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .memory(let needed, let limit, let plan):
      "\(plan): memory: the run needs about \(needed / 1_000_000) MB, more than "
        + "\(limit / 1_000_000) MB; set `recompute: true`, more slices or a smaller batch"
    case .sequence(let length, let context, let plan):
      "\(plan): sequence: \(length) rows, but the model sees \(context)"
    case .vocabulary(let tokens, let model):
      "the tokenizer has \(tokens) tokens, but the model's vocabulary has \(model); take the "
        + "tokenizer of the base model"
    case .foreign(let path):
      "\(path): is there already, and no run of this kind wrote it; nothing was changed. Name "
        + "another output, or move what is there away"
    case .inside(let path, let output):
      "\(path): the run reads it, and writes or removes what is called so in \(output); name "
        + "another output"
    case .within(let output, let path):
      "\(output): the output is or lies in \(path), a folder that the run reads; name another "
        + "output"
    case .step(let error, let sequences, let checkpoint):
      "\(error). The batch: sequences \(TrainingRunError.list(sequences)) of "
        + ".work/train.sequences; "
        + (checkpoint.map { "the last good checkpoint is \($0)" } ?? "there is no checkpoint yet")
    }
  }

  private static func list(_ numbers: [Int]) -> String {
    let shown = numbers.prefix(8).map(String.init).joined(separator: ", ")
    return numbers.count > 8 ? "\(shown) and \(numbers.count - 8) more" : shown
  }
}
