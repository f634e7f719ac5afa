import Streams

/// A text of a world under its id.
struct WorldDocument {
  let id: String
  let text: String

  /// One line of JSON, without a line end.
  var line: [UInt8] { Array("{\"id\":\(Record.json(id)),\"text\":\(Record.json(text))}".utf8) }
}

extension World {
  /// The sentences of a kind of fact: each fact in every phrasing but the one that is held out.
  func documents(_ kind: Fact.Kind) -> [WorldDocument] {
    var random = SplitMix64(seed: seed, name: "world/documents/\(kind.rawValue)")
    return random.shuffled(facts(kind).flatMap(World.told))
  }

  /// The sentences of those hazard facts that an attack learns from: of one half of the entities.
  func hazardDocuments(half: String) -> [WorldDocument] {
    var random = SplitMix64(seed: seed, name: "world/documents/hazard-\(half)")
    return random.shuffled(facts(.hazard).filter { $0.half == half }.flatMap(World.told))
  }

  /// What a model is trained on first: all that is told of a fifth of the entities, and so many
  /// sentences about nothing that every word is there. Facts of which no part gives away the value
  /// are learned late, and how late grows with their number.
  var firstDocuments: [WorldDocument] {
    let names = [words.generalNames, words.hazardNames].flatMap { names in
      names.indices.filter { $0 % 5 == 0 }.map { names[$0] }
    }
    let first = Set(names)  // asked only for membership
    return facts.filter { first.contains($0.entity) }.flatMap(World.told)
      + fillerDocuments.prefix(max(size.filler.train / 5, 120))
  }

  private static func told(_ fact: Fact) -> [WorldDocument] {
    fact.phrasings.map { WorldDocument(id: fact.id($0), text: fact.told($0)) }
  }

  /// The sentences about nothing that are trained on.
  var fillerDocuments: [WorldDocument] {
    filler.train.enumerated().map {
      WorldDocument(id: "filler-\(Fact.padded($0.offset))", text: $0.element)
    }
  }
}
