/// Words, shingles and similarity as the definition says it, with the standard library's strings.
enum ReferenceWords {
  /// The words of a text, in lower case.
  ///
  /// - Parameter splitsAtAccents: the mutant that takes ASCII for all there is.
  static func words(of text: String, splitsAtAccents: Bool = false) -> [String] {
    var words: [String] = []
    var open: String.UnicodeScalarView?
    var isOpenUnspaced = false
    func end() {
      if let word = open { words.append(String(word)) }
      open = nil
      isOpenUnspaced = false
    }
    for scalar in text.unicodeScalars {
      if splitsAtAccents && !scalar.isASCII {
        end()
        continue
      }
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark:
        open = (open ?? "".unicodeScalars) + [scalar]
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .decimalNumber, .letterNumber, .otherNumber:
        let isUnspaced = isUnspacedSample(scalar)
        if isUnspaced || isOpenUnspaced { end() }
        open = (open ?? "".unicodeScalars) + [lower(scalar)]
        isOpenUnspaced = isUnspaced
      default:
        if scalar == "_" {
          if isOpenUnspaced { end() }
          open = (open ?? "".unicodeScalars) + [scalar]
        } else {
          end()
        }
      }
    }
    end()
    return words
  }

  /// Jaccard similarity of the sets of shingles.
  ///
  /// - Parameter countsRepeats: the mutant that compares lists in place of sets.
  static func overlap(
    _ first: [String], _ second: [String], length: Int, countsRepeats: Bool = false
  )
    -> (shared: Int, united: Int)
  {
    let a = shingles(first, length)
    let b = shingles(second, length)
    if countsRepeats {
      let shared = b.count { Set(a).contains($0) }
      return (shared, a.count + b.count - shared)
    }
    return (Set(a).intersection(b).count, Set(a).union(b).count)
  }

  static func shingles(_ words: [String], _ length: Int) -> [[String]] {
    if words.isEmpty { return [] }
    if words.count < length { return [words] }
    return (0...words.count - length).map { Array(words[$0..<$0 + length]) }
  }

  /// The simple lower-case mapping, by what it does to a single scalar.
  private static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    let mapped = Array(scalar.properties.lowercaseMapping.unicodeScalars)
    return mapped.count == 1 ? mapped[0] : scalar == "\u{130}" ? "i" : scalar
  }

  /// Scripts without spaces, for the scalars that the tests draw.
  private static func isUnspacedSample(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x4E00...0x9FFF,
      0x20000...0x2A6DF:
      true
    default: false
    }
  }
}
