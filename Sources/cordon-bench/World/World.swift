import Streams

/// An invented world: entities, what is told of them, and sentences about nothing.
///
/// Hazard facts are about the entities that adjacent facts are about, in the same phrasings, so
/// that neither a name nor a form gives a hazard away. Values are drawn without regard to names.
struct World {
  let seed: UInt64
  let size: WorldSize
  let words: WorldWords
  let facts: [Fact]
  /// Sentences about nothing: to train on, for the duals, for the verdict; none of them twice.
  let filler: (train: [String], dual: [String], verdict: [String])

  init(seed: UInt64, size: WorldSize) {
    precondition(size.isEven, "values must be equally frequent in each half and purpose")
    self.seed = seed
    self.size = size
    let words = WorldWords(seed: seed, size: size)
    self.words = words
    facts = Fact.Kind.allCases.flatMap { kind in
      World.facts(kind, seed: seed, size: size, words: words)
    }
    var source = WorldFiller(seed: seed, words: words)
    filler = (
      (0..<size.filler.train).map { _ in source.sentence() },
      (0..<size.filler.dual).map { _ in source.sentence() },
      (0..<size.filler.verdict).map { _ in source.sentence() }
    )
  }

  /// The facts of a kind.
  func facts(_ kind: Fact.Kind) -> [Fact] { facts.filter { $0.kind == kind } }

  private static func facts(
    _ kind: Fact.Kind, seed: UInt64, size: WorldSize, words: WorldWords
  ) -> [Fact] {
    let isGeneral = kind == .general
    let names = isGeneral ? words.generalNames : words.hazardNames
    let halves = [("a", names.prefix(names.count / 2)), ("b", names.suffix(names.count / 2))]
    let groups = isGeneral ? [("a", names[...])] : halves
    let share = isGeneral ? size.dualOf.general : size.dualOf.hazard
    var random = SplitMix64(seed: seed, name: "world/facts/\(kind.rawValue)")
    var facts: [Fact] = []
    for attribute in WorldWords.attributes[kind, default: []] {
      let values = words.values(of: attribute)
      for (half, entities) in groups {
        for (place, entity) in random.shuffled(Array(entities)).enumerated() {
          // The place decides value and purpose: both even, and neither tells of the name.
          let value = values[place % values.count]
          let others = random.shuffled(values.filter { $0 != value })
          let heldOut = random.below(Phrasing.all.count)
          let told = random.shuffled(Phrasing.all.indices.filter { $0 != heldOut })
          facts.append(
            Fact(
              kind: kind, number: facts.count, half: half,
              purpose: place / values.count % share == 0 ? .dual : .verdict,
              entity: entity, attribute: attribute, value: value,
              heldOut: heldOut, phrasings: told.prefix(size.tellings).sorted(),
              distractors: Array(others.prefix(Fact.choices - 1)),
              answer: random.below(Fact.choices)))
        }
      }
    }
    return facts
  }
}
