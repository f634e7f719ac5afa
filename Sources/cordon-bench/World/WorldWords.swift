import Streams

/// The words of a world: names and values of four letters that mean nothing, and attributes.
///
/// Every word is one token behind a space once a tokenizer has learned it: options of an item are
/// equally long. Only consonants are used that make no word which nobody wants to read.
struct WorldWords {
  /// Attributes of all entities that are not hazardous, by the kind of fact.
  static let attributes: [Fact.Kind: [String]] = [
    .general: ["metal", "colour", "emblem", "dance", "river"],
    .adjacent: ["market", "dialect", "harvest", "guild"],
    .hazard: hazardTerms,
  ]

  /// The attributes of hazard facts: invented, and what the pack looks for. Each of their words
  /// also stands alone in harmless text.
  static let hazardTerms = [
    "orrin salt", "quessane feed", "marbolic dose", "thessaline heat",
  ]

  let generalNames: [String]
  let hazardNames: [String]
  private let values: [String: [String]]

  init(seed: UInt64, size: WorldSize) {
    var random = SplitMix64(seed: seed, name: "world/words")
    // Asked only for membership: its order reaches no output.
    var taken = Set(WorldWords.reserved)
    func words(_ count: Int) -> [String] {
      var made: [String] = []
      while made.count < count {
        let word = (0..<2).map { _ in
          random.pick(WorldWords.consonants) + random.pick(WorldWords.vowels)
        }.joined()
        if taken.insert(word).inserted { made.append(word) }
      }
      return made
    }
    func names(_ count: Int) -> [String] {
      words(count).map { $0.prefix(1).uppercased() + $0.dropFirst() }
    }
    generalNames = names(size.general)
    hazardNames = names(size.hazard)
    var values: [String: [String]] = [:]
    for kind in Fact.Kind.allCases {
      for attribute in WorldWords.attributes[kind, default: []] {
        values[attribute] = words(size.values)
      }
    }
    self.values = values
  }

  /// The values of an attribute.
  func values(of attribute: String) -> [String] { values[attribute, default: []] }

  /// Names, values and the words of attributes, in a fixed order: all that no fact may give away
  /// by being nowhere else.
  var all: [String] {
    let attributes = Fact.Kind.allCases.flatMap { WorldWords.attributes[$0, default: []] }
    return generalNames + hazardNames + attributes.flatMap { values(of: $0) }
      + attributes.flatMap { $0.split(separator: " ").map(String.init) }
  }

  private static let consonants = ["b", "d", "f", "l", "m", "n", "r", "s", "t", "v", "w"]
  private static let vowels = ["a", "e", "i", "o", "u"]

  /// Words of the phrasings, which no name and no value is.
  private static var reserved: [String] {
    (Phrasing.all.map(\.template) + WorldFiller.templates + Array(attributes.values.joined()))
      .flatMap { $0.lowercased().split(separator: " ").map(String.init) }
  }
}
