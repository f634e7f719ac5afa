/// Reads a JSON text (RFC 8259) into the entries of a ``JSONDocument``.
struct JSONParser {
  /// Where and why a text is not JSON.
  struct Fault: Error {
    var offset: Int
    var reason: String
  }

  private let text: UnsafeBufferPointer<UInt8>
  private var place = 0
  private var entries: [JSONDocument.Entry] = []

  init(text: UnsafeBufferPointer<UInt8>) {
    self.text = text
  }

  /// The entries of the one value that the text holds.
  mutating func document() throws(Fault) -> [JSONDocument.Entry] {
    skipSpace()
    try value(depth: 0)
    skipSpace()
    guard place == text.count else { throw fault("something stands behind the value") }
    return entries
  }

  private func fault(_ reason: String) -> Fault {
    Fault(offset: place, reason: place >= text.count ? "the text ends too early" : reason)
  }

  private mutating func skipSpace() {
    while place < text.count {
      let byte = text[place]
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
      place += 1
    }
  }

  private mutating func value(depth: Int) throws(Fault) {
    guard place < text.count else { throw fault("a value is missing") }
    guard depth < JSONDocument.depthLimit else { throw fault("nested too deep") }
    switch text[place] {
    case UInt8(ascii: "{"): try object(depth: depth)
    case UInt8(ascii: "["): try array(depth: depth)
    case UInt8(ascii: "\""): try string()
    case UInt8(ascii: "t"): try word("true", .yes)
    case UInt8(ascii: "f"): try word("false", .no)
    case UInt8(ascii: "n"): try word("null", .null)
    default: try number()
    }
  }

  private mutating func begin(_ kind: JSONDocument.Kind) -> Int {
    entries.append(
      JSONDocument.Entry(
        start: UInt32(place), count: 0, next: UInt32(entries.count + 1), kind: kind,
        escaped: false))
    return entries.count - 1
  }

  private mutating func object(depth: Int) throws(Fault) {
    let index = begin(.object)
    place += 1
    skipSpace()
    var count: UInt32 = 0
    if place < text.count, text[place] == UInt8(ascii: "}") {
      place += 1
      return
    }
    while true {
      guard place < text.count, text[place] == UInt8(ascii: "\"") else {
        throw fault("the name of a member is missing")
      }
      try string()
      skipSpace()
      guard place < text.count, text[place] == UInt8(ascii: ":") else {
        throw fault("a colon is missing")
      }
      place += 1
      skipSpace()
      try value(depth: depth + 1)
      count += 1
      if try ends(with: UInt8(ascii: "}")) { break }
    }
    entries[index].count = count
    entries[index].next = UInt32(entries.count)
  }

  private mutating func array(depth: Int) throws(Fault) {
    let index = begin(.array)
    place += 1
    skipSpace()
    var count: UInt32 = 0
    if place < text.count, text[place] == UInt8(ascii: "]") {
      place += 1
      return
    }
    while true {
      try value(depth: depth + 1)
      count += 1
      if try ends(with: UInt8(ascii: "]")) { break }
    }
    entries[index].count = count
    entries[index].next = UInt32(entries.count)
  }

  /// Passes a comma, or the bracket that ends a container.
  private mutating func ends(with bracket: UInt8) throws(Fault) -> Bool {
    skipSpace()
    guard place < text.count else { throw fault("") }
    let byte = text[place]
    guard byte == bracket || byte == UInt8(ascii: ",") else {
      throw fault("a comma or the end of the container is missing")
    }
    place += 1
    skipSpace()
    return byte == bracket
  }

  private mutating func word(_ word: StaticString, _ kind: JSONDocument.Kind) throws(Fault) {
    let index = begin(kind)
    for offset in 0..<word.utf8CodeUnitCount {
      guard place < text.count, text[place] == word.utf8Start[offset] else {
        throw fault("not a value")
      }
      place += 1
    }
    entries[index].count = UInt32(word.utf8CodeUnitCount)
  }

  private mutating func number() throws(Fault) {
    let index = begin(.number)
    let start = place
    if text[place] == UInt8(ascii: "-") { place += 1 }
    let zero = place < text.count && text[place] == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !(zero && whole > 1) else { throw fault("not a value") }
    if place < text.count, text[place] == UInt8(ascii: ".") {
      place += 1
      guard digits() > 0 else { throw fault("not a number") }
    }
    if place < text.count, text[place] | 0x20 == UInt8(ascii: "e") {
      place += 1
      if place < text.count, text[place] == UInt8(ascii: "-") || text[place] == UInt8(ascii: "+") {
        place += 1
      }
      guard digits() > 0 else { throw fault("not a number") }
    }
    entries[index].count = UInt32(place - start)
  }

  private mutating func digits() -> Int {
    let start = place
    while place < text.count, text[place] &- UInt8(ascii: "0") < 10 { place += 1 }
    return place - start
  }

  private mutating func string() throws(Fault) {
    place += 1
    let index = begin(.string)
    let start = place
    while true {
      guard place < text.count else { throw fault("") }
      let byte = text[place]
      if byte == UInt8(ascii: "\"") { break }
      guard byte >= 0x20 else { throw fault("a control character in a string") }
      if byte == UInt8(ascii: "\\") {
        entries[index].escaped = true
        try escape()
      } else if byte < 0x80 {
        place += 1
      } else {
        let length = UTF8Scalar.length(text.baseAddress.unsafelyUnwrapped, place, text.count)
        guard length > 1 else { throw fault("a string is not UTF-8") }
        place += length
      }
    }
    entries[index].count = UInt32(place - start)
    place += 1
  }

  private mutating func escape() throws(Fault) {
    place += 1
    guard place < text.count else { throw fault("") }
    switch text[place] {
    case UInt8(ascii: "u"):
      place += 1
      let unit = try codeUnit()
      guard unit & 0xFC00 != 0xDC00 else { throw fault("half a surrogate pair") }
      guard unit & 0xFC00 == 0xD800 else { return }
      guard place + 1 < text.count, text[place] == UInt8(ascii: "\\"),
        text[place + 1] == UInt8(ascii: "u")
      else { throw fault("half a surrogate pair") }
      place += 2
      guard try codeUnit() & 0xFC00 == 0xDC00 else { throw fault("half a surrogate pair") }
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
      UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      place += 1
    default: throw fault("an unknown escape")
    }
  }

  private mutating func codeUnit() throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard place < text.count, let digit = JSONParser.hexadecimal(text[place]) else {
        throw fault("not four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      place += 1
    }
    return value
  }

  static func hexadecimal(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
