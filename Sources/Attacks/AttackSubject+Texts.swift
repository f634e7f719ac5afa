internal import Evaluation
internal import Language
internal import Streams

extension AttackSubject {
  /// A text that an attack puts before a question: that of an item of a set, by its number.
  typealias TextBefore = (_ set: AttackMeter.Items, _ item: Int) -> String

  /// Sees to it that every question of every set fits behind the text that is put before it: what
  /// does not fit would lose its beginning, and the attack would look weaker than it is.
  ///
  /// - Parameter what: the text, for the error.
  /// - Throws: ``AttackError/tooLong(attack:what:tokens:context:)``, `EvaluationError`,
  ///   `InterruptedError`.
  func check(attack: String, what: String, _ text: TextBefore) throws {
    let (subject, context) = (evaluated, model.shape.context)
    for set in meter.sets {
      for item in 0..<set.items.count {
        if Interruption.isRequested { throw InterruptedError() }
        let tokens = try set.items.tokens(of: item, behind: text(set, item), for: subject)
        guard tokens <= context else {
          throw AttackError.tooLong(
            attack: attack, what: "\(what) before item \(item) of the set `\(set.set.rawValue)`",
            tokens: tokens, context: context)
        }
      }
    }
  }

  /// The scores of all sets with a text before each question.
  ///
  /// - Throws: as ``AttackMeter/scores(_:)``.
  func scores(behind text: TextBefore) throws -> [SetScore] {
    try meter.sets.map { set in
      SetScore(set.set, of: try set.items.score(behind: { text(set, $0) }, evaluated))
    }
  }
}
