internal import Corpus
internal import Evaluation
internal import Streams
internal import Tensors
internal import Training

extension AttackRun {
  /// Items that measure nothing are told before anything is written: those that do not fit a model,
  /// that stand in two sets, or that an attack learns from though it does not say so.
  ///
  /// What is compared is ``FoldedText`` of question and right answer: the same fact in other words
  /// is not found.
  ///
  /// - Throws: ``AttackError`` (shared, taught), `ItemError`, and what reading models, tokenizers
  ///   and items throws.
  func checkItems() throws {
    let workers = Workers(count: 1)
    var meter: AttackMeter?
    for model in options.models {
      let own = try AttackSubject(folder: model.folder, sets: plan.sets, workers: workers).meter
      meter = meter ?? own
    }
    guard let meter else { preconditionFailure("a model is attacked") }
    let places = try AttackRun.places(of: meter)
    for attack in plan.attacks where !attack.lessons.isEmpty {
      try ItemReader().forEachItem(of: attack.lessons.map(\.path)) { place, _, record in
        // General items may be learned from: that a model still knows them is no resistance.
        guard let known = places[FoldedText.digest(record.whole)], known.set != .general,
          !attack.teaches.contains(known.set)
        else { return }
        throw AttackError.taught(
          attack: attack.name, file: place.file, row: place.row, set: known.set.rawValue,
          item: known.row, teaches: attack.teaches.map(\.rawValue))
      }
    }
  }

  private struct Place {
    var set: MeasuredSet
    var row: Int
  }

  /// Where each item stands.
  private static func places(of meter: AttackMeter) throws(AttackError) -> [Digest256: Place] {
    var places: [Digest256: Place] = [:]
    for items in meter.sets {
      for (row, key) in items.items.keys.enumerated() {
        guard let known = places[key] else {
          places[key] = Place(set: items.set, row: row)
          continue
        }
        guard known.set == items.set else {
          throw .shared(
            set: items.set.rawValue, row: row, other: known.set.rawValue, otherRow: known.row)
        }
      }
    }
    return places
  }
}
