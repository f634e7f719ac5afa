/// Takes the endings of English words away: Porter, "An algorithm for suffix stripping", Program 14
/// (1980), with the changes that NLTK makes by default, for that is what `rouge_score` stems with.
///
/// NLTK's changes: a dozen irregular words; `ies` and `ied` are `ie` in words of four letters; a
/// last `y` becomes `i` behind a consonant; a vowel and a consonant alone count as a short ending;
/// `alli` goes before the other rules of its step, which also have `bli`, `fulli` and `logi`.
enum PorterStemmer {
  /// The letters of a word: small ones and digits, which count as consonants.
  typealias Word = [UInt8]

  private typealias Rule = (ending: String, replacement: String)

  private static let irregular: [String: String] = [
    "sky": "sky", "skies": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news",
    "innings": "inning", "inning": "inning", "outings": "outing", "outing": "outing",
    "cannings": "canning", "canning": "canning", "howe": "howe", "proceed": "proceed",
    "exceed": "exceed", "succeed": "succeed",
  ]

  /// The stem of a word.
  static func stem(_ word: Word) -> Word {
    if let known = irregular[String(decoding: word, as: UTF8.self)] { return Array(known.utf8) }
    guard word.count > 2 else { return word }
    var word = withoutPlural(word)
    word = withoutParticiple(word)
    if ends(word, "y"), word.count > 2, isConsonant(word)[word.count - 2] {
      word[word.count - 1] = UInt8(ascii: "i")
    }
    word = withShorterEnding(word)
    word = replaced(word, step3) { measure($0) > 0 }
    word = replaced(word, step4) { stem, ending in
      measure(stem) > 1 && (ending != "ion" || ends(stem, "s") || ends(stem, "t"))
    }
    word = withoutLastE(word)
    if ends(word, "ll"), measure(word.dropLast()) > 1 { word.removeLast() }
    return word
  }

  // MARK: - Steps

  /// Step 1a.
  private static func withoutPlural(_ word: Word) -> Word {
    if word.count == 4, ends(word, "ies") { return word.dropLast() }
    return replaced(word, [("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")]) { _ in true }
  }

  /// Step 1b.
  private static func withoutParticiple(_ word: Word) -> Word {
    if ends(word, "ied") { return word.dropLast(word.count == 4 ? 1 : 2) }
    if ends(word, "eed") { return measure(word.dropLast(3)) > 0 ? word.dropLast() : word }
    let stems = ["ed", "ing"].filter { ends(word, $0) }.map { word.dropLast($0.utf8.count) }
    guard let rest = stems.first(where: { isConsonant($0).contains(false) }) else { return word }
    let stem = Array(rest)
    if ["at", "bl", "iz"].contains(where: { ends(stem, $0) }) { return stem + Array("e".utf8) }
    let consonants = isConsonant(stem)
    let last = stem[stem.count - 1]
    if stem.count > 1, last == stem[stem.count - 2], consonants[stem.count - 1] {
      return "lsz".utf8.contains(last) ? stem : stem.dropLast()
    }
    return measure(stem) == 1 && isShort(stem) ? stem + Array("e".utf8) : stem
  }

  /// Step 2.
  private static func withShorterEnding(_ word: Word) -> Word {
    if ends(word, "alli"), measure(word.dropLast(4)) > 0 {
      return withShorterEnding(word.dropLast(2))
    }
    return replaced(word, step2) { stem, ending in
      // The l of `logi` belongs to the stem: geologi is like archaeologi.
      measure(ending == "logi" ? word.dropLast(3) : stem) > 0
    }
  }

  /// Step 5a.
  private static func withoutLastE(_ word: Word) -> Word {
    guard ends(word, "e") else { return word }
    let stem: Word = word.dropLast()
    let m = measure(stem)
    return m > 1 || m == 1 && !isShort(stem) ? stem : word
  }

  private static let step2: [Rule] = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("bli", "ble"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ("fulli", "ful"), ("logi", "log"),
  ]
  private static let step3: [Rule] = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
  ]
  private static let step4: [Rule] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
  ].map { ($0, "") }

  // MARK: - Letters

  private static func ends(_ word: Word, _ ending: String) -> Bool {
    word.count >= ending.utf8.count && word.suffix(ending.utf8.count).elementsEqual(ending.utf8)
  }

  /// The word with the first ending that it has replaced, where the rest may lose it.
  private static func replaced(
    _ word: Word, _ rules: [Rule], where mayLose: (_ rest: Word, _ ending: String) -> Bool
  ) -> Word {
    guard let rule = rules.first(where: { ends(word, $0.ending) }) else { return word }
    let rest: Word = word.dropLast(rule.ending.utf8.count)
    return mayLose(rest, rule.ending) ? rest + Array(rule.replacement.utf8) : word
  }

  private static func replaced(
    _ word: Word, _ rules: [Rule], where mayLose: (Word) -> Bool
  ) -> Word {
    replaced(word, rules) { rest, _ in mayLose(rest) }
  }

  /// Which letters are consonants: all but a, e, i, o, u and a y behind a consonant.
  private static func isConsonant(_ word: some Sequence<UInt8>) -> [Bool] {
    var flags: [Bool] = []
    for letter in word {
      flags.append(
        letter == UInt8(ascii: "y") ? !(flags.last ?? false) : !"aeiou".utf8.contains(letter))
    }
    return flags
  }

  /// Porter's m: how often a consonant follows a vowel.
  private static func measure(_ word: some Sequence<UInt8>) -> Int {
    let flags = isConsonant(word)
    return zip(flags, flags.dropFirst()).count { !$0 && $1 }
  }

  /// Porter's *o: consonant, vowel and consonant at the end, the last no w, x or y; or just a vowel
  /// and a consonant.
  private static func isShort(_ word: Word) -> Bool {
    let flags = isConsonant(word)
    if flags == [false, true] { return true }
    return flags.suffix(3) == [true, false, true] && !"wxy".utf8.contains(word[word.count - 1])
  }
}
