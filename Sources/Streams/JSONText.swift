/// JSON text (RFC 8259) that is written piece by piece, with the members in the order given.
///
/// The same calls give the same bytes: nothing is sorted, no space is added. A call in the wrong
/// place (a value where a name must stand, an end without its beginning) is a mistake of ours and
/// traps.
public struct JSONText: Sendable {
  /// Where the next piece stands.
  private enum Place {
    case start, arrayStart, array, objectStart, name, value, done
  }

  /// The UTF-8 of what has been written so far.
  public private(set) var bytes: [UInt8] = []
  private var place = Place.start
  private var outer: [Place] = []

  /// A text without a value yet.
  public init() {}

  /// What has been written so far.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether one whole value has been written.
  public var isComplete: Bool { place == .done }

  // MARK: - Objects and arrays

  /// Writes an object: `members` writes its names and values.
  public mutating func object(_ members: (inout JSONText) throws -> Void) rethrows {
    begin("{", .objectStart)
    try members(&self)
    precondition(place == .objectStart || place == .name, "an object ends after a whole member")
    end("}")
  }

  /// Writes an array: `elements` writes its values.
  public mutating func array(_ elements: (inout JSONText) throws -> Void) rethrows {
    begin("[", .arrayStart)
    try elements(&self)
    precondition(place == .arrayStart || place == .array, "an array ends after a whole value")
    end("]")
  }

  /// Writes a member whose value is an object.
  public mutating func object(
    _ name: String, _ members: (inout JSONText) throws -> Void
  ) rethrows {
    self.name(name)
    try object(members)
  }

  /// Writes a member whose value is an array.
  public mutating func array(
    _ name: String, _ elements: (inout JSONText) throws -> Void
  ) rethrows {
    self.name(name)
    try array(elements)
  }

  /// Writes the name of a member; its value comes next.
  public mutating func name(_ name: String) {
    precondition(place == .objectStart || place == .name, "a name stands in an object")
    if place == .name { bytes.append(UInt8(ascii: ",")) }
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    place = .value
  }

  // MARK: - Values

  /// Writes a string, or `null` for nil.
  public mutating func value(_ string: String?) {
    beginValue()
    if let string { quote(string) } else { write("null") }
    endValue()
  }

  /// Writes a whole number, or `null` for nil.
  public mutating func value<Number: FixedWidthInteger>(_ number: Number?) {
    beginValue()
    if let number { write(String(number)) } else { write("null") }
    endValue()
  }

  /// Writes a number as the shortest decimal that leads back to it, or `null` for nil.
  ///
  /// - Precondition: `number` is finite; JSON has no other numbers.
  public mutating func value(_ number: Double?) {
    precondition(number?.isFinite ?? true, "JSON has no infinities and no NaN")
    beginValue()
    if let number { write(number.description) } else { write("null") }
    endValue()
  }

  /// Writes `true` or `false`.
  public mutating func value(_ truth: Bool) {
    beginValue()
    write(truth ? "true" : "false")
    endValue()
  }

  /// Writes `null`.
  public mutating func null() {
    beginValue()
    write("null")
    endValue()
  }

  /// Writes a member with a string, or `null` for nil.
  public mutating func member(_ name: String, _ string: String?) {
    self.name(name)
    value(string)
  }

  /// Writes a member with a whole number, or `null` for nil.
  public mutating func member<Number: FixedWidthInteger>(_ name: String, _ number: Number?) {
    self.name(name)
    value(number)
  }

  /// Writes a member with a finite number, or `null` for nil.
  public mutating func member(_ name: String, _ number: Double?) {
    self.name(name)
    value(number)
  }

  /// Writes a member with `true` or `false`.
  public mutating func member(_ name: String, _ truth: Bool) {
    self.name(name)
    value(truth)
  }

  // MARK: - Pieces

  private mutating func begin(_ bracket: Unicode.Scalar, _ inner: Place) {
    beginValue()
    bytes.append(UInt8(ascii: bracket))
    outer.append(place)
    place = inner
  }

  private mutating func end(_ bracket: Unicode.Scalar) {
    bytes.append(UInt8(ascii: bracket))
    guard let before = outer.popLast() else { preconditionFailure("an end without a beginning") }
    place = before
    endValue()
  }

  private mutating func beginValue() {
    precondition(
      place == .start || place == .arrayStart || place == .array || place == .value,
      "a value stands after a name, in an array, or alone")
    if place == .array { bytes.append(UInt8(ascii: ",")) }
  }

  private mutating func endValue() {
    switch place {
    case .start: place = .done
    case .arrayStart, .array: place = .array
    default: place = .name
    }
  }

  private mutating func write(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// RFC 8259 section 7: only the quotation mark, the reverse solidus and U+0000 to U+001F must be
  /// escaped; all else stands as UTF-8.
  private mutating func quote(_ string: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case 0x08: write("\\b")
      case 0x09: write("\\t")
      case 0x0A: write("\\n")
      case 0x0C: write("\\f")
      case 0x0D: write("\\r")
      case 0..<0x20:
        let digits = Array("0123456789abcdef".utf8)
        write("\\u00")
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
