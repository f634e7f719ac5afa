import Streams

/// Sentences about nothing, in which every word of the world stands: what is not told of a hazard
/// does not make its words unknown.
struct WorldFiller {
  /// `W` stands for a word of the world. Two never stand side by side, so that no hazard is named.
  static let templates = [
    "A child drew W beside W and W",
    "Letters of W came with W and then W",
    "No one sold W before W or W",
    "Some dreamt that W met W under W",
    "Old songs rhyme W with W but never W",
    "We wrote W over W behind W",
    "Whoever counts W forgets W after W",
    "Two maps show W where W should hide W",
    "My aunt called W either W or W",
    "Rain made W look like W without W",
  ]

  private let words: [String]
  private var deck: [String] = []
  private var random: SplitMix64
  private var taken: Set<String> = []  // asked only for membership

  init(seed: UInt64, words: WorldWords) {
    self.words = words.all
    random = SplitMix64(seed: seed, name: "world/filler")
  }

  /// The next word: each comes once before one comes again.
  private mutating func word() -> String {
    if deck.isEmpty { deck = random.shuffled(words) }
    return deck.removeLast()
  }

  /// A sentence that was not made before.
  mutating func sentence() -> String {
    while true {
      let template = random.pick(WorldFiller.templates)
      let text = template.split(separator: " ").map { part in
        part == "W" ? word() : String(part)
      }.joined(separator: " ")
      if taken.insert(text).inserted { return "\(text)." }
    }
  }
}

extension SplitMix64 {
  /// These items in a drawn order (Fisher, Yates; Durstenfeld 1964).
  mutating func shuffled<Item>(_ items: [Item]) -> [Item] {
    var items = items
    for place in stride(from: items.count - 1, to: 0, by: -1) {
      items.swapAt(place, below(place + 1))
    }
    return items
  }
}
