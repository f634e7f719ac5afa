/// Texts, each with a number: a hash table over one block of bytes.
///
/// Open addressing with linear probing, at most half full. A hundred thousand tokens are found
/// without an object for each.
struct TextTable: Sendable {
  private var block: [UInt8] = []
  private var ends: [UInt32] = []
  private var values: [Int32] = []
  /// Index of a text plus 1; 0 where a slot is free.
  private var slots: [UInt32]

  /// A table with room for `capacity` texts.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = [UInt32](repeating: 0, count: size)
  }

  /// The number of texts.
  var count: Int { values.count }

  /// The text at `index`, in the order of insertion.
  func text(_ index: Int) -> ArraySlice<UInt8> {
    block[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])]
  }

  /// The number of the text at `index`.
  func value(_ index: Int) -> Int32 { values[index] }

  /// The number of a text; nil where it is not in the table.
  func value(of text: UnsafeBufferPointer<UInt8>) -> Int32? {
    let slot = slots[find(text)]
    return slot == 0 ? nil : values[Int(slot) - 1]
  }

  /// The number of a text; nil where it is not in the table.
  func value(of text: [UInt8]) -> Int32? {
    text.withUnsafeBufferPointer { value(of: $0) }
  }

  /// Adds a text.
  ///
  /// - Returns: false, and nothing is changed, where it is in the table.
  mutating func insert(_ text: UnsafeBufferPointer<UInt8>, _ value: Int32) -> Bool {
    if (values.count + 1) * 2 > slots.count { grow() }
    let slot = find(text)
    guard slots[slot] == 0 else { return false }
    block += text
    ends.append(UInt32(block.count))
    values.append(value)
    slots[slot] = UInt32(values.count)
    return true
  }

  /// The slot of a text, or the free slot where it belongs.
  private func find(_ text: UnsafeBufferPointer<UInt8>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: TextTable.hash(text)) & mask
    while slots[slot] != 0 {
      let index = Int(slots[slot]) - 1
      let start = index == 0 ? 0 : Int(ends[index - 1])
      if Int(ends[index]) - start == text.count, matches(text, start) { return slot }
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func matches(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Bool {
    for index in 0..<text.count where block[start + index] != text[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = [UInt32](repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for index in 0..<values.count {
      let hash = text(index).withUnsafeBufferPointer { TextTable.hash($0) }
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(index + 1)
    }
  }

  /// Eight bytes at a time, multiplied and folded.
  static func hash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var hash = UInt64(text.count) &* 0x9E37_79B9_7F4A_7C15
    let raw = UnsafeRawBufferPointer(text)
    var place = 0
    while place + 8 <= raw.count {
      hash = mix(hash, raw.loadUnaligned(fromByteOffset: place, as: UInt64.self))
      place += 8
    }
    var rest: UInt64 = 0
    while place < raw.count {
      rest = rest << 8 | UInt64(raw[place])
      place += 1
    }
    return mix(hash, rest)
  }

  @inline(__always)
  static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word ^ 0xA076_1D64_78BD_642F)
      .multipliedFullWidth(by: 0xE703_7ED1_A0B4_28DB)
    return product.high ^ product.low
  }
}
