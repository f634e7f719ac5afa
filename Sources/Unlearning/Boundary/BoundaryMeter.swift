internal import Corpus
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
  ///   constraint), stands twice in its file, or has the id of another there or of one of its
  ///   constraint's duals; where an item is learned from, no token of it is scored, or a choice is
  ///   empty or another's equal; `EvaluationError` where a row is no item, `StreamsError` where a
  ///   file cannot be read.
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
          let items = try ChoiceItems(path: path, template: constraint.template, for: subject)
          try BoundaryMeter.checkChoices(items)
          return .choices(items)
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
    for constraint in constraints { try BoundaryMeter.checkIDs(constraint) }
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

  /// Refuses an item that says the same of every model.
  private static func checkChoices(_ items: ChoiceItems) throws(BoundaryError) {
    guard let (row, flaw) = items.firstFlaw else { return }
    switch flaw {
    case .empty(let choice): throw .emptyChoice(file: items.path, row: row, choice: choice)
    case .equal(let one, let other):
      throw .equalChoices(file: items.path, row: row, first: one, second: other)
    }
  }

  /// Refuses a fact that is counted twice, or that moves duals too: its words may differ, its id
  /// does not. Other constraints count from 0 again, so ids are held against each other within one.
  private static func checkIDs(_ constraint: Constraint) throws {
    // Questions are read as JSON lines where the name does not say that they are a table.
    func ids(_ path: String) throws -> [[UInt8]?] {
      constraint.metric == .accuracy
        ? try ItemIDs.ids(of: path, text: "question", isLines: !path.hasSuffix(".csv"))
        : try ItemIDs.ids(
          of: path, text: "text", isLines: ShardFormat.of(name: path) == .jsonLines)
    }
    var places: [[UInt8]: (file: String, row: Int)] = [:]
    for (row, id) in try ids(constraint.dualPath).enumerated() {
      if let id, places[id] == nil { places[id] = (constraint.dualPath, row) }
    }
    for (row, id) in try ids(constraint.verdictPath).enumerated() {
      guard let id else { continue }
      if let place = places[id] {
        throw BoundaryError.id(
          file: constraint.verdictPath, row: row, other: place.file, otherRow: place.row)
      }
      places[id] = (constraint.verdictPath, row)
    }
  }

  /// What a person should know of items that the model cannot see all of: a sentence for each
  /// constraint and file that has some.
  var cutNotes: [String] {
    let seen = subject.model.shape.context
    return [dual, verdict].flatMap { part in
      zip(constraints, part).compactMap { constraint, items -> String? in
        guard case .choices(let set) = items, set.cut > 0 else { return nil }
        // Without its folder, which differs where the same run is made elsewhere.
        let name = set.path.split(separator: "/").last ?? "items"
        return "\(constraint.name): \(name): \(set.cut) of \(set.count) items are longer than the "
          + "\(seen) tokens that the model sees, and their questions lose their beginnings. "
          + "Shorten them, or take a model that sees more"
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
