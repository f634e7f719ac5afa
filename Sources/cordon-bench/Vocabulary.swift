import Streams

/// The invented words of the prose: nouns, verbs, adjectives and places that mean nothing.
///
/// Only the small words of the templates (`the`, `of`, `and`, …) are English, so that screens that
/// count stop words and measure word lengths see what they see in ordinary text.
struct Vocabulary {
  let nouns: [String]
  let verbs: [String]
  let adjectives: [String]
  let places: [String]

  private static let onsets = [
    "b", "br", "c", "cl", "d", "f", "g", "gr", "h", "l", "m", "n", "p", "pl", "r", "s", "t", "tr",
    "v", "w",
  ]
  private static let vowels = ["a", "e", "i", "o", "u", "ea", "ou"]
  private static let codas = ["n", "l", "r", "m", "nd", "st", "lt", "rn", "ck", "th"]
  private static let placeEndings = ["mere", "ford", "wick", "haven", "dale", "bridge", "ière"]

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed, name: "vocabulary")
    var taken: Set<String> = []  // asked only for membership: its order reaches no output
    func words(_ count: Int, _ ending: (inout SplitMix64) -> String) -> [String] {
      var made: [String] = []
      while made.count < count {
        var word = ""
        for _ in 0..<random.within(1...2) {
          word += random.pick(Vocabulary.onsets) + random.pick(Vocabulary.vowels)
        }
        word += random.pick(Vocabulary.codas) + ending(&random)
        if word.utf8.count >= 4, taken.insert(word).inserted { made.append(word) }
      }
      return made
    }
    nouns = words(160) { $0.pick(["", "el", "or", "in"]) }
    verbs = words(60) { _ in "ed" }
    adjectives = words(60) { $0.pick(["ish", "en", "ful", "ous"]) }
    places = words(40) { $0.pick(Vocabulary.placeEndings) }
      .map { $0.prefix(1).uppercased() + $0.dropFirst() }
  }
}
