public import Streams

/// A boundary whose constraints or items do not fit.
public enum BoundaryError: CordonError, Equatable {
  /// A limit that does not fit role and metric.
  case limit(constraint: String, role: String, metric: String)
  /// A metric that there is not.
  case metric(constraint: String, name: String)
  /// An item of the verdict that is also an item of duals; places are files and rows.
  case overlap(verdict: String, row: Int, dual: String, otherRow: Int)
  /// An item that stands twice in a file of the verdict.
  case twice(file: String, row: Int, first: Int)
  /// Two items of one id: the same fact, be it in other words. The first is of a verdict.
  case id(file: String, row: Int, other: String, otherRow: Int)
  /// An item with a choice that is empty; row and choice are counted from 0.
  case emptyChoice(file: String, row: Int, choice: Int)
  /// An item with two choices that are one; all are counted from 0.
  case equalChoices(file: String, row: Int, first: Int, second: Int)
  /// An item whose text is also learned from; the place is a file and a row.
  case learned(file: String, row: Int, role: String, term: String, termRow: Int)
  /// An item of which no token is scored.
  case unscored(file: String, row: Int)

  /// What follows from it.
  public var consequence: Consequence { .usage }

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .limit(let constraint, let role, let metric):
      "constraint \(constraint): this limit does not fit a \(role)'s \(metric); give `at-most` (a "
        + "share between 0 and 1) for the accuracy of a term that forgets, and `loses: {points: "
        + "N}` or `loses: {share: S}` for the accuracy of one that retains, `loses: {share: S}` "
        + "for its loss"
    case .metric(let constraint, let name):
      "constraint \(constraint): there is no metric `\(name)`; the metrics are "
        + Constraint.Metric.allCases.map(\.rawValue).joined(separator: ", ")
    case .overlap(let verdict, let row, let dual, let otherRow):
      "\(verdict): row \(row) (from 0) is also row \(otherRow) of \(dual), which moves dual "
        + "variables; a verdict rests on items that serve nothing else: take the item out of one "
        + "of them"
    case .twice(let file, let row, let first):
      "\(file): row \(row) (from 0) is row \(first) once more; a verdict counts each item "
        + "once, or its interval is too narrow: take one of them out"
    case .id(let file, let row, let other, let otherRow):
      "\(file): row \(row) (from 0) has the `id` of row \(otherRow) of "
        + "\(other == file ? "the same file" : other); a verdict counts each fact once, on items "
        + "that serve nothing else, also in other words: take one of them out, or give another "
        + "fact another id"
    case .emptyChoice(let file, let row, let choice):
      "\(file): row \(row) (from 0): choice \(choice) is empty, so the item measures nothing; "
        + "write it, or take the row out"
    case .equalChoices(let file, let row, let first, let second):
      "\(file): row \(row) (from 0): choices \(first) and \(second) are the same and always tie, "
        + "so the item measures nothing; write another choice, or take the row out"
    case .learned(let file, let row, let role, let term, let termRow):
      "\(file): row \(row) (from 0) is, but for capitals and white space, row \(termRow) of "
        + "\(term), which is to be \(role); a model is measured on items that it does not learn "
        + "from: write the fact in other words, or take it out of one of them"
    case .unscored(let file, let row):
      "\(file): row \(row) (from 0): no token of it is scored, so it measures nothing; give a "
        + "longer text, or take it out"
    }
  }
}
