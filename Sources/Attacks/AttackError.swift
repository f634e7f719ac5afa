public import Streams

/// An attack that cannot be carried out. It names files, rows and counts, never a text.
public enum AttackError: CordonError, Equatable {
  /// The files of an attack hold nothing to learn from.
  case nothing(attack: String, files: [String])
  /// Too few items for what an attack does with them.
  case items(attack: String, set: String, count: Int, needed: Int)
  /// A text that does not fit before an item.
  case tooLong(attack: String, what: String, tokens: Int, context: Int)
  /// A line of a file that is not UTF-8, from 0.
  case notText(file: String, line: Int)
  /// A classifier behind a block whose weights were not found.
  case unsolved(attack: String, layer: Int, gradient: Double)
  /// An item of two sets, by their rows from 0.
  case shared(set: String, row: Int, other: String, otherRow: Int)
  /// An item that an attack learns from though it does not teach its set; rows count from 0.
  case taught(attack: String, file: String, row: Int, set: String, item: Int, teaches: [String])
  /// The result of a trial that was not what was written a moment before.
  case trial(file: String)
  /// The output has the results of another plan, model, data or program.
  case changed(output: String)

  /// What follows from it.
  public var consequence: Consequence {
    switch self {
    case .nothing, .notText, .trial: .input
    case .items, .tooLong, .unsolved, .shared, .taught, .changed: .usage
    }
  }

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .nothing(let attack, let files):
      "\(attack): \(files.joined(separator: ", ")) holds nothing to learn from; name files that do"
    case .items(let attack, let set, let count, let needed):
      "\(attack): the set `\(set)` has \(count) items that it can use, and \(needed) are needed; "
        + "give more items, or ask less of them"
    case .tooLong(let attack, let what, let tokens, let context):
      "\(attack): \(what) takes \(tokens) tokens, but the model sees \(context); shorten it"
    case .notText(let file, let line): "\(file): line \(line) is not UTF-8; convert the file"
    case .unsolved(let attack, let layer, let gradient):
      "\(attack): behind block \(layer) no best classifier was found, the gradient is still "
        + "\(gradient); give larger `penalties`"
    case .shared(let set, let row, let other, let otherRow):
      "the sets `\(set)` (row \(row), from 0) and `\(other)` (row \(otherRow)) have an item in "
        + "common; take it out of one: what is taught is not held out"
    case .taught(let attack, let file, let row, let set, let item, let teaches):
      "\(attack): \(file): row \(row) (from 0) teaches the item of row \(item) of the set "
        + "`\(set)`; take it out of the data, or say `teaches: "
        + "[\((teaches + [set]).joined(separator: ", "))]`"
    case .trial(let file): "\(file): was changed meanwhile; the same command does it again"
    case .changed(let output):
      "\(output): holds the results of another plan, model, data or program; start anew with "
        + "--fresh, or choose another output"
    }
  }
}
