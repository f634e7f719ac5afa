/// Finds where words end, as the regular expressions of published tokenizers do, by hand.
///
/// Every position of a text is covered by a match of these expressions, so that the words of a text
/// are what follows one another. Each scan is linear: no byte is looked at more than a few times.
///
/// Bytes that are not UTF-8 are characters that are neither letter, number nor space.
struct WordScanner {
  let text: UnsafePointer<UInt8>
  let count: Int
  /// ``ScalarClass/table``.
  let classes: UnsafePointer<UInt8>

  /// The class and the length of the scalar at `place`.
  @inline(__always)
  func scalar(_ place: Int) -> (class: UInt8, length: Int) {
    let byte = text[place]
    if byte < 0x80 { return (classes[Int(byte)], 1) }
    return longScalar(place)
  }

  func longScalar(_ place: Int) -> (class: UInt8, length: Int) {
    let (value, length) = UTF8Scalar.decode(text, place, count)
    return (value < ScalarClass.tableCount ? classes[Int(value)] : ScalarClass.other, length)
  }

  /// The end of the scalars of one class from `place` on.
  @inline(__always)
  func run(of wanted: UInt8, from place: Int) -> Int {
    var place = place
    while place < count {
      let byte = text[place]
      if byte < 0x80 {
        if classes[Int(byte)] != wanted { return place }
        place += 1
      } else {
        let (found, length) = longScalar(place)
        if found != wanted { return place }
        place += length
      }
    }
    return count
  }

  // MARK: - GPT-2

  /// The end of the word at `place` by the expression of GPT-2, also GPT-NeoX and Pythia:
  /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
  @inline(__always)
  func gpt2(_ place: Int) -> Int {
    let byte = text[place]
    if byte == UInt8(ascii: " "), place + 1 < count {
      let (next, length) = scalar(place + 1)
      if next != ScalarClass.space { return run(of: next, from: place + 1 + length) }
      return space(place)
    }
    if byte == UInt8(ascii: "'") {
      let end = contraction(place)
      if end > place { return end }
    }
    let (first, length) = scalar(place)
    if first == ScalarClass.space { return space(place) }
    return run(of: first, from: place + length)
  }

  /// The end of `'s|'t|'re|'ve|'m|'ll|'d` at the apostrophe at `place`; `place` without a match.
  private func contraction(_ place: Int) -> Int {
    guard place + 1 < count else { return place }
    switch text[place + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return place + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return place + 2 < count && text[place + 2] == UInt8(ascii: "e") ? place + 3 : place
    case UInt8(ascii: "l"):
      return place + 2 < count && text[place + 2] == UInt8(ascii: "l") ? place + 3 : place
    default:
      return place
    }
  }

  /// The end of `\s+(?!\S)|\s+` at `place`: spaces leave the last of them to the word behind.
  private func space(_ place: Int) -> Int {
    var end = place
    var last = place
    while end < count {
      let (found, length) = scalar(end)
      if found != ScalarClass.space { return last > place ? last : end }
      last = end
      end += length
    }
    return count
  }

  // MARK: - Llama 3 and Qwen2

  /// The end of the word at `place` by the expression of Llama 3 (`digits` 3) and Qwen2 (1):
  /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*`
  /// `|\s*[\r\n]+|\s+(?!\S)|\s+`
  @inline(__always)
  func llama3(_ place: Int, digits: Int) -> Int {
    let byte = text[place]
    let (first, length) = scalar(place)
    if first == ScalarClass.letter {
      return run(of: ScalarClass.letter, from: place + length)
    }
    if first == ScalarClass.number { return number(place, digits: digits) }
    if byte == UInt8(ascii: "'") {
      let end = contractionOfAnyCase(place)
      if end > place { return end }
    }
    let behind = place + length
    if behind < count, byte != UInt8(ascii: "\r"), byte != UInt8(ascii: "\n") {
      let (second, secondLength) = scalar(behind)
      if second == ScalarClass.letter {
        return run(of: ScalarClass.letter, from: behind + secondLength)
      }
      if byte == UInt8(ascii: " "), second == ScalarClass.other {
        return symbols(behind + secondLength)
      }
    }
    return first == ScalarClass.other ? symbols(behind) : spaceOrLines(place)
  }

  /// The end of at most `digits` numbers.
  private func number(_ place: Int, digits: Int) -> Int {
    var end = place
    for _ in 0..<digits where end < count {
      let (found, length) = scalar(end)
      if found != ScalarClass.number { break }
      end += length
    }
    return end
  }

  /// The end of `[^\s\p{L}\p{N}]*[\r\n]*`.
  private func symbols(_ place: Int) -> Int {
    var end = run(of: ScalarClass.other, from: place)
    while end < count, text[end] == UInt8(ascii: "\r") || text[end] == UInt8(ascii: "\n") {
      end += 1
    }
    return end
  }

  /// The end of `\s*[\r\n]+|\s+(?!\S)|\s+`: through the last line end, else as GPT-2 has it.
  private func spaceOrLines(_ place: Int) -> Int {
    var end = place
    var last = place
    var lines = place
    while end < count {
      let (found, length) = scalar(end)
      if found != ScalarClass.space { break }
      last = end
      end += length
      if text[last] == UInt8(ascii: "\r") || text[last] == UInt8(ascii: "\n") { lines = end }
    }
    if lines > place { return lines }
    return end == count || last == place ? end : last
  }

  /// The end of `(?i:'s|'t|'re|'ve|'m|'ll|'d)`; U+017F is an s of another case.
  private func contractionOfAnyCase(_ place: Int) -> Int {
    guard place + 1 < count else { return place }
    let second = place + 2 < count ? text[place + 2] | 0x20 : 0
    switch text[place + 1] | 0x20 {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return place + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return second == UInt8(ascii: "e") ? place + 3 : place
    case UInt8(ascii: "l"):
      return second == UInt8(ascii: "l") ? place + 3 : place
    default:
      let long = text[place + 1] == 0xC5 && place + 2 < count && text[place + 2] == 0xBF
      return long ? place + 3 : place
    }
  }

  // MARK: - Digits

  /// The end of the word at `place` where digits stand apart, alone or as a run (`\p{N}`).
  func digits(_ place: Int, alone: Bool) -> Int {
    let (first, length) = scalar(place)
    if first == ScalarClass.number {
      return alone ? place + length : run(of: ScalarClass.number, from: place + length)
    }
    var end = place + length
    while end < count {
      let (found, length) = scalar(end)
      if found == ScalarClass.number { return end }
      end += length
    }
    return end
  }

  // MARK: - Metaspace

  /// The end of the word at `place` where each U+2581 begins a word.
  func metaspace(_ place: Int) -> Int {
    var end = place + 1
    while end < count, !isMetaspace(end) { end += 1 }
    return end
  }

  private func isMetaspace(_ place: Int) -> Bool {
    text[place] == 0xE2 && place + 2 < count && text[place + 1] == 0x96
      && text[place + 2] == 0x81
  }
}
