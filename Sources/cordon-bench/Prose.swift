import Streams

/// Writes paragraphs of invented prose.
struct Prose {
  let vocabulary: Vocabulary

  /// A `#` and a letter stand for a word: noun, plural Noun, adjective, verb, place, quantity.
  private static let templates = [
    "The #a #n of #p was #v before the winter, and the #N were counted again.",
    "In #p they #v the old #n, which had been left with the #a #N by the river.",
    "It is said that #q #N will be #v in the spring, when the roads to #p are open.",
    "Nobody had #v the #n until the keepers of #p wrote to the council about it.",
    "A #n that is #a and a #n that is not have never been #v on the same day.",
    "The journal of #p gives #q reasons for this, and most of them are #a.",
    "When the #N came back from #p, the #n was #v and the lamps were lit.",
    "There were #q #N in the house, and to the north of it stood a #a #n.",
    "Most of the #N have been #v since then, but the one in #p is as #a as before.",
    "She #v the #n with care, as her family had done for #q years in #p.",
    "If the #n is #a, the market of #p will have to be moved to the hill.",
    "From the tower you could see the #N of #p, #a in the morning light.",
    "The second #n, which they #v after the flood, was more #a than the first.",
    "They asked for #q #N and were given a #n that had been #v in #p.",
  ]
  private static let quantities = [
    "two", "three", "four", "seven", "nine", "eleven", "twelve", "thirty", "forty", "sixty",
  ]

  /// One sentence, or this template filled in.
  func sentence(_ random: inout SplitMix64, template: String? = nil) -> String {
    let template = template ?? random.pick(Prose.templates)
    var text = ""
    var marked = false
    for character in template {
      guard marked else {
        if character == "#" { marked = true } else { text.append(character) }
        continue
      }
      marked = false
      switch character {
      case "n": text += random.pick(vocabulary.nouns)
      case "N": text += random.pick(vocabulary.nouns) + "s"
      case "a": text += random.pick(vocabulary.adjectives)
      case "v": text += random.pick(vocabulary.verbs)
      case "p": text += random.pick(vocabulary.places)
      case "q": text += random.pick(Prose.quantities)
      default: preconditionFailure("no word class is called \(character)")
      }
    }
    return text
  }

  /// Sentences of at least this many words, in paragraphs; `inserted` stands among them.
  func text(_ random: inout SplitMix64, words: Int, inserted: [String] = []) -> String {
    var sentences: [String] = []
    var count = inserted.reduce(0) { $0 + Prose.words(in: $1) }
    while count < words {
      let next = sentence(&random)
      count += Prose.words(in: next)
      sentences.append(next)
    }
    for extra in inserted {
      sentences.insert(extra, at: random.within(0...sentences.count))
    }
    var text = ""
    for (index, sentence) in sentences.enumerated() {
      if index > 0 { text += random.percent(20) ? "\n\n" : " " }
      text += sentence
    }
    return text
  }

  /// The words of a text, parted by white space.
  static func words(in text: String) -> Int {
    text.split { $0 == " " || $0 == "\n" }.count
  }
}
