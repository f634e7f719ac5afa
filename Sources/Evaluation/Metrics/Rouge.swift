/// How much of a reference a text has in common with it: ROUGE (Lin, "ROUGE: a package for
/// automatic evaluation of summaries", 2004), as Python's `rouge_score` 0.1.2 computes it.
///
/// Words are runs of a to z and 0 to 9 in the small letters of a text, all else parts them; with
/// stemming those of more than three letters lose their endings (``PorterStemmer``).
enum Rouge {
  /// What two texts have in common.
  struct Score: Sendable, Equatable {
    /// The share of the candidate that is common.
    var precision: Double
    /// The share of the reference that is common.
    var recall: Double

    /// The harmonic mean of both; 0 where they are.
    var f1: Double {
      precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }

    init(common: Int, candidate: Int, reference: Int) {
      precision = Double(common) / Double(max(candidate, 1))
      recall = Double(common) / Double(max(reference, 1))
    }
  }

  /// ROUGE-L: by the longest common subsequence of words.
  static func l(candidate: String, reference: String, stemming: Bool = true) -> Score {
    let (a, b) = numbers(words(candidate, stemming: stemming), words(reference, stemming: stemming))
    // The longest common subsequence of `a` and the beginnings of `b`.
    var lengths = Array(repeating: 0, count: b.count + 1)
    for word in a {
      var diagonal = 0
      for (place, other) in b.enumerated() {
        let above = lengths[place + 1]
        lengths[place + 1] = word == other ? diagonal + 1 : max(above, lengths[place])
        diagonal = above
      }
    }
    return Score(common: lengths[b.count], candidate: a.count, reference: b.count)
  }

  /// ROUGE-1: by the words, each as often as both have it.
  static func one(candidate: String, reference: String, stemming: Bool = true) -> Score {
    let (a, b) = numbers(words(candidate, stemming: stemming), words(reference, stemming: stemming))
    var left: [Int: Int] = [:]
    for word in b { left[word, default: 0] += 1 }
    var common = 0
    for word in a {
      guard let count = left[word], count > 0 else { continue }
      left[word] = count - 1
      common += 1
    }
    return Score(common: common, candidate: a.count, reference: b.count)
  }

  /// The words of a text.
  static func words(_ text: String, stemming: Bool) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var word: [UInt8] = []
    func finish() {
      guard !word.isEmpty else { return }
      words.append(stemming && word.count > 3 ? PorterStemmer.stem(word) : word)
      word = []
    }
    for scalar in text.unicodeScalars {
      for byte in small(scalar) {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
          word.append(byte)
        default: finish()
        }
      }
    }
    finish()
    return words.filter { !$0.isEmpty }
  }

  /// A character in small letters, as UTF-8; two of them outside ASCII become letters within it.
  private static func small(_ scalar: Unicode.Scalar) -> [UInt8] {
    guard scalar.isASCII else { return Array(scalar.properties.lowercaseMapping.utf8) }
    let byte = UInt8(scalar.value)
    return (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? [byte | 0x20] : [byte]
  }

  /// The words of both texts as numbers, equal where the words are.
  private static func numbers(_ a: [[UInt8]], _ b: [[UInt8]]) -> ([Int], [Int]) {
    var known: [[UInt8]: Int] = [:]
    func number(_ word: [UInt8]) -> Int {
      if let number = known[word] { return number }
      known[word] = known.count
      return known.count - 1
    }
    return (a.map(number), b.map(number))
  }
}
