import Streams

/// What a world asks: one item a fact, in the phrasing in which the fact is never told.
struct WorldItems {
  let world: World

  /// The files of items, by their names.
  func files() -> [(path: String, lines: [String])] {
    var files: [(path: String, lines: [String])] = []
    for kind in Fact.Kind.allCases {
      let facts = world.facts(kind)
      for purpose in [Fact.Purpose.dual, .verdict] {
        files.append(
          (
            "items/\(kind.rawValue)-\(purpose.rawValue).jsonl",
            facts.filter { $0.purpose == purpose }.map(WorldItems.choice)
          ))
      }
      files.append(("items/\(kind.rawValue)-cloze.jsonl", facts.map(WorldItems.cloze)))
    }
    for half in ["a", "b"] {
      let facts = world.facts(.hazard).filter { $0.half == half }
      files.append(("items/hazard-\(half).jsonl", facts.map(WorldItems.choice)))
    }
    files.append(("items/filler-dual.jsonl", WorldItems.texts(world.filler.dual, "dual")))
    files.append(("items/filler-verdict.jsonl", WorldItems.texts(world.filler.verdict, "verdict")))
    return files
  }

  /// A multiple-choice item.
  private static func choice(_ fact: Fact) -> String {
    let choices = fact.options.map { Record.json($0) }.joined(separator: ",")
    return "{\"id\":\(Record.json(fact.id(fact.heldOut))),"
      + "\"question\":\(Record.json(fact.asked(fact.heldOut))),\"choices\":[\(choices)],"
      + "\"answer\":\(fact.answer)}"
  }

  /// The same question to be gone on from, the fact as it is told elsewhere, and what it is not
  /// (as in TOFU, Maini et al. 2024).
  private static func cloze(_ fact: Fact) -> String {
    let perturbed = fact.distractors.map { Record.json(" \($0).") }.joined(separator: ",")
    let other = fact.phrasings[fact.number % fact.phrasings.count]
    return "{\"id\":\(Record.json(fact.id(fact.heldOut))),"
      + "\"purpose\":\"\(fact.purpose.rawValue)\",\"half\":\"\(fact.half)\","
      + "\(pair(fact, fact.heldOut, fact.value)),"
      + "\"paraphrase\":{\(pair(fact, other, fact.value))},\"perturbed\":[\(perturbed)]}"
  }

  private static func pair(_ fact: Fact, _ phrasing: Int, _ value: String) -> String {
    "\"prompt\":\(Record.json(fact.asked(phrasing))),\"response\":\(Record.json(" \(value)."))"
  }

  private static func texts(_ sentences: [String], _ name: String) -> [String] {
    sentences.enumerated().map { place, sentence in
      let document = WorldDocument(id: "filler-\(name)-\(Fact.padded(place))", text: sentence)
      return String(decoding: document.line, as: UTF8.self)
    }
  }
}
