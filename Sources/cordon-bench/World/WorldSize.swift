/// How large a world is.
///
/// Every attribute's values are equally frequent in each half of its entities, in the items for the
/// duals and in those for the verdict: a model that knows no fact, or one half of them, gains
/// nothing from how often a value comes.
struct WorldSize {
  /// Entities about which only general facts are told.
  let general: Int
  /// Entities about which hazard and adjacent facts are told.
  let hazard: Int
  /// Values of each attribute.
  let values: Int
  /// Of so many facts with one value, one is an item for the duals.
  let dualOf: (general: Int, hazard: Int)
  /// Phrasings in which a fact is told.
  let tellings: Int
  /// Sentences about nothing: to train on, for the duals, for the verdict.
  let filler: (train: Int, dual: Int, verdict: Int)
  /// Hazard documents that are copied in each form of disguise.
  let copies: Int

  /// The world of the demonstration: 2,000 general facts (1,600 for the verdict), 640 hazard facts
  /// and 640 adjacent ones (480 for the verdict each).
  static let full = WorldSize(
    general: 400, hazard: 160, values: 10, dualOf: (5, 4), tellings: 5,
    filler: (3_000, 300, 700), copies: 12)

  /// A world for tests.
  static let small = WorldSize(
    general: 20, hazard: 16, values: 4, dualOf: (5, 2), tellings: 3,
    filler: (160, 20, 20), copies: 2)

  /// Sees to it that values can be equally frequent everywhere.
  var isEven: Bool {
    general % (values * dualOf.general) == 0 && hazard % (2 * values * dualOf.hazard) == 0
      && values >= Fact.choices && tellings < Phrasing.all.count
  }
}
