/// The state between two characters of the counting pass.
struct GopherReader {
  private let stopWords: StopWords
  /// Characters of the word so far; zero between words.
  private var wordLength = 0
  private var hasLetter = false
  /// Whether the word is a letter of a script without spaces.
  private var isUnspaced = false
  /// The word's ASCII letters in lower case, the first in the lowest byte, 0xFF for any other
  /// character; the first eight, twice what the longest stop word has.
  private var spelling: UInt64 = 0
  private var previous = GopherCharacter.lineBreak
  /// Full stops in a row.
  private var dots = 0
  /// Whether the line holds anything but white space, and whether what it ends with is an ellipsis.
  private var isLineBegun = false
  private var isLineFilled = false
  private var endsInEllipsis = false
  private var isAfterReturn = false

  init(_ stopWords: StopWords) {
    self.stopWords = stopWords
  }

  /// No word is under way.
  var isBetweenWords: Bool { wordLength == 0 }

  /// The state behind a word and a space.
  @inline(__always)
  mutating func didTakeWords() {
    isLineBegun = true
    fillLine()
    isAfterReturn = false
    previous = .space
  }

  /// Takes a run of ASCII letters, which most of most texts is.
  @inline(__always)
  mutating func takeLetters(_ letters: LetterRun, _ counts: inout GopherCounts) {
    if isUnspaced { endWord(&counts) }
    fillLine()
    hasLetter = true
    if wordLength < 8 { spelling |= letters.spelling &<< UInt64(8 * wordLength) }
    wordLength += letters.count
    isAfterReturn = false
    previous = .letter
  }

  /// Takes white space inside a line.
  @inline(__always)
  mutating func takeSpace(_ counts: inout GopherCounts) {
    endWord(&counts)
    isLineBegun = true
    dots = 0
    isAfterReturn = false
    previous = .space
  }

  /// Takes one character; `next` is asked only where a sign may join two parts of a word.
  @inline(__always)
  mutating func take(
    _ kind: GopherCharacter, _ value: UInt32, _ counts: inout GopherCounts,
    _ next: () -> GopherCharacter?
  ) {
    switch kind {
    case .letter, .number, .mark:
      // After an ideograph a letter begins another word; a mark belongs to it.
      if isUnspaced, kind != .mark { endWord(&counts) }
      fillLine()
      hasLetter = hasLetter || kind == .letter
      spelling |= 0xFF &<< UInt64(8 * min(wordLength, 7))
      wordLength += 1
    case .unspaced:
      endWord(&counts)
      fillLine()
      isUnspaced = true
      hasLetter = true
      spelling = 0xFF
      wordLength = 1
    case .space:
      takeSpace(&counts)
    case .lineBreak, .carriageReturn:
      endWord(&counts)
      let isSecondHalf = value == 0x0A && isAfterReturn
      if !isSecondHalf { endLine(&counts) }
    case .dot, .symbol:
      if wordLength > 0, !isUnspaced, joins(value, next) {
        fillLine()
        spelling |= 0xFF &<< UInt64(8 * min(wordLength, 7))
        wordLength += 1
      } else {
        endWord(&counts)
        takeSign(value, &counts)
      }
    }
    isAfterReturn = kind == .carriageReturn
    previous = kind
  }

  /// The text is over.
  mutating func finish(_ counts: inout GopherCounts) {
    endWord(&counts)
    if isLineBegun || isLineFilled { endLine(&counts) }
  }

  /// Something stands on the line that is neither white space nor a sign.
  @inline(__always)
  private mutating func fillLine() {
    isLineFilled = true
    endsInEllipsis = false
    dots = 0
  }

  private mutating func takeSign(_ value: UInt32, _ counts: inout GopherCounts) {
    if !isLineFilled, value == 0x2D || value == 0x2022 { counts.bulletLines += 1 }
    isLineFilled = true
    if value == 0x2E {
      dots += 1
      if dots % 3 == 0 { counts.ellipses += 1 }
      endsInEllipsis = dots >= 3
      return
    }
    dots = 0
    endsInEllipsis = value == 0x2026
    if endsInEllipsis { counts.ellipses += 1 }
    if value == 0x23 { counts.hashes += 1 }
  }

  /// Whether a sign inside a word joins its parts.
  private func joins(_ value: UInt32, _ next: () -> GopherCharacter?) -> Bool {
    switch value {
    case 0x27, 0x2019, 0x2E, 0xB7, 0x3A, 0x2C: break  // ' ’ . · : ,
    default: return false
    }
    let isNumeric = value == 0x27 || value == 0x2E || value == 0x2C
    switch (previous, next()) {
    case (.letter, .letter), (.mark, .letter): return value != 0x2C
    case (.number, .number): return isNumeric
    default: return false
    }
  }

  @inline(__always)
  private mutating func endWord(_ counts: inout GopherCounts) {
    guard wordLength > 0 else { return }
    counts.words += 1
    counts.wordCharacters += wordLength
    if hasLetter { counts.alphabeticWords += 1 }
    counts.stopWords |= stopWords.bit(of: spelling)
    wordLength = 0
    hasLetter = false
    isUnspaced = false
    spelling = 0
  }

  private mutating func endLine(_ counts: inout GopherCounts) {
    counts.lines += 1
    if endsInEllipsis { counts.ellipsisLines += 1 }
    isLineBegun = false
    isLineFilled = false
    endsInEllipsis = false
    dots = 0
  }
}
