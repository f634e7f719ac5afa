/// The text of one document while it is drawn, as it stands between the quotes of its JSON string.
struct DocumentText: ~Copyable {
  /// The most bytes that a text may have.
  static let capacity = 4096

  private let bytes: UnsafeMutableRawBufferPointer
  /// Bytes so far.
  private(set) var count = 0

  init() {
    bytes = .allocate(byteCount: DocumentText.capacity, alignment: 8)
  }

  deinit { bytes.deallocate() }

  /// The text so far.
  var content: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<count]) }

  /// Forgets the text.
  mutating func removeAll() { count = 0 }

  /// Appends bytes that JSON takes as they are, or escapes.
  mutating func append(_ content: UnsafeRawBufferPointer) {
    precondition(count + content.count <= DocumentText.capacity, "a text of the bench is short")
    UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyMemory(from: content)
    count += content.count
  }

  /// Appends this string, which holds nothing that JSON must escape unless it is escaped.
  mutating func append(_ string: String) {
    var string = string
    string.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends the first `count` of the eight bytes of a word's cell, lowest first.
  mutating func append(cell: UInt64, count length: Int) {
    precondition(count + 8 <= DocumentText.capacity, "a text of the bench is short")
    bytes.storeBytes(of: cell.littleEndian, toByteOffset: count, as: UInt64.self)
    count += length
  }

  /// Appends a word that no other number has, nor any word of ``InventedWords``: a z, and the
  /// number in letters.
  mutating func append(wordOf number: Int) {
    precondition(count + 16 <= DocumentText.capacity, "a text of the bench is short")
    bytes[count] = UInt8(ascii: "z")
    count += 1
    var rest = number
    repeat {
      bytes[count] = UInt8(ascii: "a") + UInt8(rest % 26)
      count += 1
      rest /= 26
    } while rest > 0
  }

  /// Takes the spaces at the end away.
  mutating func trim() {
    while count > 0, bytes[count - 1] == UInt8(ascii: " ") { count -= 1 }
  }
}
