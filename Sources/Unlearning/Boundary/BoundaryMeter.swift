package import Evaluation
internal import Foundation
public import Language
internal import Streams
internal import Tensors
internal import Training

/// Measures the items of a boundary's constraints. They are read, checked and encoded once.
public final class BoundaryMeter {
  /// Which of a constraint's items are measured.
  public enum Part: Sendable {
    /// Those that move its dual variable.
    case dual
    /// Those of the verdict.
    case verdict
  }

  private enum Items {
    case choices(ChoiceItems)
    case texts(TextItems)

    var size: (length: Int, rows: Int) {
      switch self {
      case .choices(let items): items.size
      case .texts(let items): items.size
      }
    }

    var path: String {
      switch self {
      case .choices(let items): items.path
      case .texts(let items): items.path
      }
    }

    var keys: [Digest256] {
      switch self {
      case .choices(let items): items.keys
      case .texts(let items): items.keys
      }
    }
  }

  /// The constraints.
  public let constraints: [Constraint]
  private let subject: EvaluationSubject
  private let dual: [Items]
  private let verdict: [Items]

  /// Reads the items of constraints.
  ///
  /// - Parameters:
  ///   - constraints: in the plan's order.
  ///   - subject: the model that is to be measured, or another of its shape, with its tokenizer.
  ///   - texts: what the run learns from.
  /// - Throws: ``BoundaryError`` where an item of a verdict is also one of duals (of any
  ///   constraint), stands twice in its file, where an item is learned from, or no token of it is
  ///   scored; `EvaluationError` where a row is no item, `StreamsError` where a file cannot be
  ///   read.
  package init(
    _ constraints: [Constraint], of subject: EvaluationSubject, apartFrom texts: LearnedTexts
  ) throws {
    self.constraints = constraints
    self.subject = subject
    func read(_ path: (Constraint) -> String) throws -> [Items] {
      try constraints.map { constraint in
        let path = path(constraint)
        switch constraint.metric {
        case .accuracy:
          return .choices(
            try ChoiceItems(path: path, template: constraint.template, for: subject))
        case .loss:
          let items = try TextItems(path: path, for: subject)
          if let row = (0..<items.count).first(where: { items.scored($0) == 0 }) {
            throw BoundaryError.unscored(file: path, row: row)
          }
          return .texts(items)
        }
      }
    }
    dual = try read(\.dualPath)
    verdict = try read(\.verdictPath)
    try BoundaryMeter.check(dual: dual, verdict: verdict)
    for items in dual + verdict {
      for (row, key) in items.keys.enumerated() {
        guard let known = texts.entry(key) else { continue }
        throw BoundaryError.learned(
          file: items.path, row: row, role: known.role == .forget ? "forgotten" : "retained",
          term: known.place.file, termRow: known.place.row)
      }
    }
  }

  private static func check(dual: [Items], verdict: [Items]) throws(BoundaryError) {
    var places: [Digest256: (path: String, row: Int)] = [:]
    for items in dual {
      for (row, key) in items.keys.enumerated() where places[key] == nil {
        places[key] = (items.path, row)
      }
    }
    for items in verdict {
      var rows: [Digest256: Int] = [:]
      for (row, key) in items.keys.enumerated() {
        if let place = places[key] {
          throw .overlap(verdict: items.path, row: row, dual: place.path, otherRow: place.row)
        }
        if let first = rows.updateValue(row, forKey: key) {
          throw .twice(file: items.path, row: row, first: first)
        }
      }
    }
  }

  /// How many items each constraint has.
  public func counts(_ part: Part) -> [Int] { items(part).map(\.keys.count) }

  /// The tokens of the longest sequence that is measured, as far as the model sees, and the most
  /// rows that are computed at one time.
  var size: (length: Int, rows: Int) {
    let sizes = (dual + verdict).map(\.size)
    let length = min(sizes.map(\.length).max() ?? 0, subject.model.shape.context)
    return (length, sizes.map(\.rows).max() ?? 0)
  }

  private func items(_ part: Part) -> [Items] { part == .dual ? dual : verdict }

  /// Measures a model: one measurement for each constraint, in their order.
  ///
  /// The bits are a function of the weights and the items, not of the number of workers.
  ///
  /// - Parameter model: of the shape of the one that the items were read for.
  /// - Throws: `EvaluationError` (notFinite) where the model computes no numbers, `ModelInputError`
  ///   where tokenizer and model do not fit, `InterruptedError`.
  public func measure(_ model: LanguageModel, _ part: Part) throws -> [Measurement] {
    let subject = subject.with(model)
    let items = items(part)
    let sets = items.compactMap { if case .choices(let set) = $0 { set } else { nil } }
    var results = try ChoiceItems.score(sets, subject)[...]
    return try zip(constraints, items).map { constraint, items in
      switch items {
      case .texts(let texts):
        let scores = try texts.score(subject)
        return Measurement(
          constraint: constraint.name,
          items: scores.map { loss, tokens in
            Measurement.Item(
              right: false, probability: exp(-loss / Double(max(tokens, 1))), loss: loss,
              tokens: tokens)
          })
      case .choices(let set):
        let own = results.removeFirst()
        return Measurement(
          constraint: constraint.name,
          items: zip(own, set.answerTokens).map { Measurement.Item($0, tokens: $1) })
      }
    }
  }
}

extension Measurement.Item {
  /// A scored item of multiple choice.
  init(_ item: ChoiceResult, tokens: Int) {
    let most = item.logLikelihoods.max() ?? 0
    let all = item.logLikelihoods.reduce(0) { $0 + exp($1 - most) }
    let own = item.logLikelihoods[item.answer]
    self.init(
      right: item.choice == item.answer, probability: exp(own - most) / all, loss: -own,
      tokens: tokens)
  }
}
