import Streams

/// The raw corpus of a world: all kinds of sentences mixed, and hazard documents once more in
/// every disguise, in longer texts, and as near copies that name no term.
///
/// What a model is trained on first has a shard of its own: curated with the others, it is a file
/// of every corpus that is made of them.
struct WorldShards {
  private let world: World
  private var random: SplitMix64
  private var filler: WorldFiller

  /// Sentences around the one of a dossier: so many that a near copy's similarity stays above 0.7.
  private static let surroundings = 9
  private static let count = 4

  init(_ world: World) {
    self.world = world
    random = SplitMix64(seed: world.seed, name: "world/shards")
    filler = WorldFiller(seed: ~world.seed, words: world.words)
  }

  private struct Planted {
    var document: WorldDocument
    var kind: Truth.Planted
    var detail: String
  }

  /// The shards, with the truth about every row.
  mutating func shards() -> [Shard] {
    var rows: [Planted] = []
    for kind in Fact.Kind.allCases {
      rows += world.documents(kind).map {
        Planted(document: $0, kind: kind == .hazard ? .hazard : .clean, detail: kind.rawValue)
      }
    }
    rows += world.fillerDocuments.map {
      Planted(document: $0, kind: .clean, detail: "filler")
    }
    rows += disguised() + dossiers()
    rows = random.shuffled(rows)
    let first = Set(world.firstDocuments.map(\.id))  // asked only for membership
    let later = rows.filter { !first.contains($0.document.id) }
    return [WorldShards.shard("first.jsonl", rows.filter { first.contains($0.document.id) }[...])]
      + (0..<WorldShards.count).map { index in
        let bounds = [index, index + 1].map { later.count * $0 / WorldShards.count }
        return WorldShards.shard("shard-0\(index).jsonl", later[bounds[0]..<bounds[1]])
      }
  }

  private static func shard(_ path: String, _ rows: ArraySlice<Planted>) -> Shard {
    var shard = Shard(path)
    for row in rows {
      shard.append(row.document.line, id: row.document.id, row.kind, row.detail)
    }
    return shard
  }

  /// A hazard fact and a phrasing in which it is told.
  private mutating func drawn(_ facts: [Fact]) -> (fact: Fact, phrasing: Int) {
    let fact = random.pick(facts)
    return (fact, random.pick(fact.phrasings))
  }

  private mutating func disguised() -> [Planted] {
    let facts = world.facts(.hazard)
    return WorldDisguise.allCases.flatMap { disguise in
      (0..<world.size.copies).map { number in
        let (fact, phrasing) = drawn(facts)
        let text = fact.told(phrasing)
          .replacingFirst(fact.attribute, by: disguise(fact.attribute))
        let id = "\(disguise.rawValue)-\(Fact.padded(number))"
        return Planted(
          document: WorldDocument(id: id, text: text), kind: .hazard, detail: disguise.rawValue)
      }
    }
  }

  /// Longer texts in which a hazard is told once, each with two near copies: another sentence about
  /// nothing in one place, and the hazard told by a name that no pack has.
  private mutating func dossiers() -> [Planted] {
    let facts = world.facts(.hazard)
    return (0..<world.size.copies).flatMap { number in
      let (fact, phrasing) = drawn(facts)
      let sentence = fact.told(phrasing)
      var sentences = (0..<WorldShards.surroundings).map { _ in filler.sentence() }
      sentences.insert(sentence, at: random.within(2...sentences.count))
      let text = sentences.joined(separator: " ")
      let name = Fact.padded(number)
      let reprint = ([filler.sentence()] + sentences.dropFirst()).joined(separator: " ")
      let reworded = text.replacingFirst(
        sentence, by: sentence.replacingFirst(fact.attribute, by: "that thing"))
      return [
        Planted(
          document: WorldDocument(id: "dossier-\(name)", text: text), kind: .hazard,
          detail: "dossier"),
        Planted(
          document: WorldDocument(id: "reprint-\(name)", text: reprint), kind: .hazard,
          detail: "reprint"),
        Planted(
          document: WorldDocument(id: "reworded-\(name)", text: reworded), kind: .quarantined,
          detail: "contagion"),
      ]
    }
  }
}
