/// What the Gopher rules look at, counted in one pass over the bytes of a text.
///
/// Words are Unicode words (UAX #29, rules WB5 to WB13a, simplified): a run of letters, marks,
/// numbers and underscores, which a single apostrophe, full stop, colon or middle dot may join
/// between letters, and an apostrophe, full stop or comma between numbers. In scripts without
/// spaces each letter is a word. Punctuation is no word, where datatrove's tokenizer makes it one.
struct GopherCounts: Equatable {
  /// Words.
  var words = 0
  /// Characters (Unicode scalars) in words.
  var wordCharacters = 0
  /// Words with at least one letter.
  var alphabeticWords = 0
  /// `#` signs.
  var hashes = 0
  /// Ellipses: `…`, and `...` without overlap.
  var ellipses = 0
  /// Lines, ended by LF, CR, CR LF, VT, FF, NEL, LS or PS; the last may have no end.
  var lines = 0
  /// Lines whose first character that is not white space is `-` or `•`.
  var bulletLines = 0
  /// Lines that end in an ellipsis, white space aside.
  var ellipsisLines = 0
  /// Which of ``stopWordList`` occur, as bits; upper and lower case are one.
  var stopWords: UInt32 = 0

  /// The stop words of Gopher.
  static let stopWordList = ["the", "be", "to", "of", "and", "that", "have", "with"]

  /// How many different stop words occur.
  var distinctStopWords: Int { stopWords.nonzeroBitCount }
}

extension GopherCounts {
  /// Counts a text in valid UTF-8; `folder` knows the characters beyond ASCII.
  init(_ text: UnsafeRawBufferPointer, _ folder: TextFolder) {
    self.init()
    guard let base = text.baseAddress else { return }
    let bytes = base.assumingMemoryBound(to: UInt8.self)
    StopWords.with { count(bytes, text.count, folder, $0) }
  }

  private mutating func count(
    _ bytes: UnsafePointer<UInt8>, _ end: Int, _ folder: TextFolder, _ stopWords: StopWords
  ) {
    var reader = GopherReader(stopWords)
    var position = 0
    GopherCharacter.ascii.withUnsafeBufferPointer { ascii in
      while position < end {
        if reader.isBetweenWords {
          let next = takeWords(bytes, position, end, stopWords)
          if next > position {
            reader.didTakeWords()
            position = next
            continue
          }
        }
        let byte = bytes[position]
        if (byte | 0x20) &- 0x61 < 26 {
          let letters = LetterRun(bytes + position, end - position)
          reader.takeLetters(letters, &self)
          position += letters.count
        } else if byte == 0x20 {
          reader.takeSpace(&self)
          position += 1
        } else if byte < 0x80 {
          reader.take(ascii[Int(byte)], UInt32(byte), &self) {
            GopherCharacter.next(bytes, position + 1, end, folder)
          }
          position += 1
        } else {
          let (value, length) = decodeScalar(bytes, at: position, end: end)
          let kind = GopherCharacter(value, folder.entry(value))
          reader.take(kind, value, &self) {
            GopherCharacter.next(bytes, position + length, end, folder)
          }
          position += length
        }
      }
    }
    reader.finish(&self)
  }

  /// Counts words of up to fifteen ASCII letters with a space behind, or a sign and a space:
  /// most of most texts, and the state between them is always the same.
  ///
  /// - Returns: the first position that is not counted.
  @inline(__always)
  private mutating func takeWords(
    _ bytes: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ stopWords: StopWords
  ) -> Int {
    var position = start
    var taken = 0
    var characters = 0
    var bits: UInt32 = 0
    // Sixteen letters at most are looked at, and the two bytes behind them.
    while end - position >= 18 {
      let first = LetterRun(bytes + position, 8)
      var length = first.count
      if length == 8 {
        length += LetterRun(bytes + position + 8, 8).count
        if length == 16 { break }
      }
      let next = bytes[position + length]
      let isSpace = next == 0x20
      let isSign = GopherCounts.endsWord(next) && bytes[position + length + 1] == 0x20
      if length == 0 || !(isSpace || isSign) { break }
      taken += 1
      characters += length
      bits |= stopWords.bit(of: length < 8 ? first.spelling : 0)
      position += length + (isSpace ? 1 : 2)
    }
    words += taken
    alphabeticWords += taken
    wordCharacters += characters
    self.stopWords |= bits
    return position
  }

  /// The signs , . : ; ! ? which before a space do no more than end a word.
  @inline(__always)
  private static func endsWord(_ byte: UInt8) -> Bool {
    let signs: UInt64 = 1 << 0x2C | 1 << 0x2E | 1 << 0x3A | 1 << 0x3B | 1 << 0x21 | 1 << 0x3F
    return byte < 64 && signs >> UInt64(byte & 63) & 1 != 0
  }
}

/// The part that a character plays in the counts.
enum GopherCharacter: UInt8 {
  case letter, number, mark, unspaced, space, lineBreak, carriageReturn, dot, symbol

  /// The parts of the ASCII characters.
  static let ascii: [GopherCharacter] = (0..<128).map { value in
    let byte = UInt8(value)
    switch byte {
    case 0x0A, 0x0B, 0x0C: return .lineBreak
    case 0x0D: return .carriageReturn
    case 0x20, 0x09: return .space
    case UInt8(ascii: "."): return .dot
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    case UInt8(ascii: "_"): return .mark
    default: return (byte | 0x20) &- 0x61 < 26 ? .letter : .symbol
    }
  }

  init(_ value: UInt32, _ entry: FoldEntry) {
    if entry.has(FoldEntry.space) {
      self = [0x85, 0x2028, 0x2029].contains(value) ? .lineBreak : .space
    } else if entry.has(FoldEntry.unspaced) {
      // A vowel sign or tone mark belongs to the letter before it.
      self = entry.has(FoldEntry.letter | FoldEntry.number) ? .unspaced : .mark
    } else if entry.has(FoldEntry.letter) {
      self = .letter
    } else if entry.has(FoldEntry.number) {
      self = .number
    } else {
      self = entry.has(FoldEntry.joins) ? .mark : .symbol
    }
  }

  /// The part of the character at this position; nil at the end.
  static func next(
    _ bytes: UnsafePointer<UInt8>, _ position: Int, _ end: Int, _ folder: TextFolder
  ) -> GopherCharacter? {
    guard position < end else { return nil }
    if bytes[position] < 0x80 { return ascii[Int(bytes[position])] }
    let value = decodeScalar(bytes, at: position, end: end).value
    return GopherCharacter(value, folder.entry(value))
  }
}

/// Up to eight ASCII letters in a row. Found without a loop, whose end no processor can predict.
struct LetterRun {
  /// How many.
  let count: Int
  /// In lower case, the first in the lowest byte, zeros behind.
  let spelling: UInt64

  /// The letters that begin here, of which there is at least one.
  @inline(__always)
  init(_ bytes: UnsafePointer<UInt8>, _ left: Int) {
    var word: UInt64 = 0
    if left >= 8 {
      word = UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
    } else {
      for index in 0..<left { word |= UInt64(bytes[index]) << UInt64(8 * index) }
    }
    let tops: UInt64 = 0x8080_8080_8080_8080
    let ones: UInt64 = 0x0101_0101_0101_0101
    let lower = word | ones &* 0x20
    let low = lower & ~tops
    let letters =
      (low &+ ones &* (0x80 - 0x61)) & ~(low &+ ones &* (0x80 - 0x7B)) & ~word & tops
    count = (~letters & tops).trailingZeroBitCount / 8
    spelling = count == 8 ? lower : lower & (1 << UInt64(8 * count) &- 1)
  }
}
